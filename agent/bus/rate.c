/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Token buckets, one a user. A place that is taken over keeps its tokens, so that many users cannot refill
 * it. */

#include "bus/rate.h"

static struct rate_user *find_user(struct rate *rate, uid_t uid, uint64_t now_ns)
{
	struct rate_user *oldest = &rate->users[0];

	for (size_t i = 0; i < RATE_USERS_MAX; i++) {
		struct rate_user *user = &rate->users[i];

		if (user->used && user->uid == uid)
			return user;
		if (!user->used) {
			*user = (struct rate_user){
				.used = true, .uid = uid, .tokens = RATE_BURST, .last_ns = now_ns};
			return user;
		}
		if (user->last_ns < oldest->last_ns)
			oldest = user;
	}
	oldest->uid = uid;
	return oldest;
}

bool rate_take(struct rate *rate, uid_t uid, uint64_t now_ns)
{
	struct rate_user *user = find_user(rate, uid, now_ns);

	user->tokens += (double)(now_ns - user->last_ns) / 1e9 * RATE_PER_SECOND;
	if (user->tokens > RATE_BURST)
		user->tokens = RATE_BURST;
	user->last_ns = now_ns;
	if (user->tokens < 1)
		return false;
	user->tokens -= 1;
	return true;
}
