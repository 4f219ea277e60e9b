/* SPDX-License-Identifier: GPL-3.0-or-later */

/* outingctl status. */

#include "control/show.h"
#include "control/verbs.h"

int verb_status(struct control *control)
{
	return control_list(control, "Status", show_status);
}
