/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The lists themselves, each in alphabetical order: they are searched by halves. See names-words.h. */

#include "inspect/names-words.h"

#include <string.h>

static const char *const first[] = {"abbey", "ace", "ada", "aide", "alba", "amber", "angel", "ansel",
	"apache", "april", "arch", "archer", "archie", "aria", "art", "ash", "asia", "aspen", "august",
	"aurora", "austin", "autumn", "axel", "basil", "bay", "bea", "beau", "bella", "belle", "bill",
	"blake", "blossom", "blue", "bonny", "brandy", "breeze", "bridge", "brook", "buck", "bud", "buddy",
	"buster", "cameron", "carolina", "cash", "cassidy", "cat", "chance", "charity", "chase", "chelsea",
	"cherry", "china", "chip", "chuck", "clay", "cliff", "clover", "coco", "cody", "colt", "coral",
	"crystal", "daisy", "dakota", "dale", "dallas", "dash", "dawn", "debian", "dec", "dee", "del", "dell",
	"delta", "des", "dev", "devon", "dick", "dixie", "django", "dolly", "dom", "don", "dot", "dove",
	"drake", "drew", "duke", "earl", "eden", "eiffel", "ember", "emerald", "eve", "ever", "faith", "fern",
	"finch", "finn", "fleur", "flint", "flora", "florence", "ford", "forest", "forrest", "fox", "frank",
	"gail", "gale", "garland", "gay", "gene", "georgia", "ginger", "glen", "goldie", "grace", "gracie",
	"grant", "gray", "grey", "guy", "hale", "happy", "harmony", "haskell", "haven", "hazel", "heath",
	"heather", "heaven", "henna", "herb", "holly", "honey", "hope", "hugo", "hunt", "hunter", "ice",
	"india", "iris", "israel", "ivory", "ivy", "jack", "jade", "jan", "jasmine", "jay", "jean", "jekyll",
	"jenkins", "jet", "jewel", "jordan", "journey", "joy", "julia", "june", "juniper", "justice", "kent",
	"king", "kit", "lace", "lance", "lane", "lark", "laurel", "lee", "legend", "len", "les", "liberty",
	"lilac", "lily", "lincoln", "linden", "london", "lux", "lyric", "mac", "mace", "madison", "magnolia",
	"marigold", "marina", "mark", "mason", "maverick", "max", "may", "mercy", "merry", "miles", "mint",
	"misty", "mocha", "montana", "monty", "myrtle", "noble", "north", "nova", "oak", "ocean", "olive",
	"opal", "otter", "page", "paisley", "pansy", "paris", "parker", "pascal", "pat", "patience", "pax",
	"pearl", "peg", "penny", "perry", "petal", "phoenix", "pierce", "pip", "piper", "pixie", "poppy",
	"porter", "preston", "prince", "princess", "prudence", "pup", "python", "quill", "rain", "ray", "red",
	"reed", "reef", "reese", "rex", "rich", "rita", "river", "rob", "robin", "rock", "rocky", "rod",
	"rose", "rosemary", "rowan", "ruby", "rusty", "rye", "sable", "sage", "sam", "sandy", "savannah",
	"scala", "scarlet", "scout", "september", "serenity", "shea", "sid", "sienna", "sierra", "sky",
	"skylar", "sol", "solo", "sparrow", "spike", "star", "sterling", "stew", "stone", "storm", "sue",
	"summer", "sunday", "sunny", "sydney", "tab", "tad", "tan", "teal", "tiger", "tony", "topaz",
	"travis", "trinity", "troy", "tucker", "tweed", "unity", "val", "vale", "velvet", "venus", "victor",
	"viola", "violet", "virginia", "wade", "walker", "ward", "warren", "west", "wheeler", "will",
	"willow", "willy", "winter", "wolf", "wren", "young", "zen", "zeus", "zip"};

static const char *const last[] = {"abbot", "abbott", "archer", "ash", "bacon", "bailey", "baker", "ball",
	"banks", "barker", "barn", "barns", "barr", "beach", "bean", "bell", "bird", "bishop", "black",
	"blackwell", "blue", "bolt", "bond", "bone", "booth", "bow", "bowl", "bowman", "boyd", "bridge",
	"bridges", "brook", "brooks", "brown", "buckle", "bull", "burn", "burns", "bush", "butcher", "butler",
	"cannon", "card", "carpenter", "carr", "carter", "cash", "castle", "chambers", "chance", "chandler",
	"chase", "child", "church", "clark", "clay", "clerk", "cliff", "close", "coal", "cole", "collar",
	"collier", "combs", "cook", "cooke", "cooper", "corn", "cotton", "court", "cox", "craft", "crane",
	"cross", "crown", "cruise", "cutter", "dale", "day", "dean", "deed", "diamond", "dodge", "dove",
	"drake", "draper", "driver", "duke", "dyer", "earl", "east", "england", "english", "farmer", "fell",
	"fern", "field", "fields", "finch", "fish", "fisher", "flag", "flint", "flood", "flower", "flowers",
	"foot", "ford", "forest", "foster", "fountain", "fowler", "fox", "france", "frank", "freeman",
	"french", "frost", "fuller", "gale", "gardener", "gardner", "garland", "gates", "gold", "golding",
	"good", "goodman", "grant", "grass", "gray", "green", "grey", "groom", "grove", "hale", "hall",
	"hand", "hands", "hardy", "harp", "hart", "hawk", "hay", "hays", "head", "heath", "hedge", "held",
	"hicks", "hill", "hills", "hobbs", "hogg", "hold", "holder", "holiday", "holland", "holly", "holt",
	"home", "hood", "hook", "hope", "horn", "house", "hunt", "hunter", "hurst", "ireland", "iron",
	"irons", "jack", "joiner", "joy", "judge", "just", "keen", "key", "king", "kitchen", "knight",
	"knock", "lake", "lamb", "lance", "land", "lane", "law", "leach", "leaf", "lee", "light", "lily",
	"link", "little", "lock", "long", "lord", "love", "low", "lucky", "lynch", "major", "mann", "mare",
	"market", "marks", "marsh", "marshall", "mason", "masters", "may", "mead", "mercer", "mercy", "merry",
	"miles", "mill", "miller", "mills", "mint", "moody", "moon", "moor", "moore", "moss", "mount",
	"munro", "nail", "nash", "neat", "neck", "new", "newman", "nice", "nick", "night", "nights", "noble",
	"noon", "north", "nurse", "oak", "oakley", "old", "oliver", "orange", "ought", "owen", "page",
	"paige", "paine", "palmer", "park", "parker", "parks", "parry", "parson", "parsons", "peacock",
	"pear", "pearl", "peck", "penny", "pepper", "perry", "piper", "pitt", "place", "plant", "plum",
	"pole", "pond", "pool", "poole", "pope", "porter", "potter", "potts", "pound", "powers", "pratt",
	"price", "priest", "prince", "pryor", "pugh", "purple", "quick", "rain", "ramsey", "ray", "read",
	"reader", "reed", "reeves", "reid", "rice", "rich", "ridge", "ring", "river", "rivers", "roach",
	"roads", "robin", "rock", "rode", "roof", "rook", "root", "rose", "round", "rowe", "rush", "rust",
	"sage", "salmon", "salt", "sand", "sands", "savage", "sawyer", "school", "sea", "seal", "self",
	"sexton", "shade", "sharp", "sharpe", "shaw", "shepherd", "shoe", "short", "silver", "singer",
	"skinner", "slater", "small", "smart", "smith", "snow", "south", "speed", "spring", "squire", "stack",
	"stand", "star", "stone", "storm", "street", "strong", "stubbs", "summer", "summers", "sumner",
	"swan", "swift", "swindle", "tailor", "tanner", "taylor", "temple", "terry", "thorn", "thorne",
	"tinker", "todd", "town", "townsend", "trapper", "tree", "trout", "tuck", "tucker", "turner", "twist",
	"tyler", "underwood", "vale", "vaughan", "vine", "wade", "wake", "walk", "walker", "wall", "walls",
	"ward", "ware", "waters", "watt", "watts", "way", "weaver", "webb", "webber", "weeks", "wells",
	"west", "wheat", "wheeler", "white", "whitehead", "wild", "wilde", "wilder", "will", "wills",
	"winter", "winters", "wise", "wolf", "wolfe", "wood", "woods", "woodward", "worth", "wren", "wright",
	"wynn", "yard", "york", "young"};

static const char *const common[] = {"adams", "ahmed", "ali", "allen", "andersen", "anderson", "andersson",
	"andrews", "arnold", "bailey", "baker", "barnes", "bauer", "becker", "begum", "bell", "bennett",
	"bianchi", "braun", "brooks", "brown", "butler", "campbell", "carter", "chapman", "chen", "clark",
	"clarke", "cole", "collins", "cook", "cooper", "costa", "cox", "cruz", "davies", "davis", "dean",
	"diaz", "dixon", "dubois", "edwards", "elliott", "ellis", "eriksson", "evans", "ferrari", "ferreira",
	"fischer", "fisher", "fletcher", "flores", "ford", "foster", "fox", "garcia", "garnier", "gibson",
	"gill", "gomez", "gonzalez", "graham", "grant", "gray", "green", "griffiths", "hall", "hamilton",
	"hansen", "harris", "harrison", "hart", "harvey", "henderson", "hernandez", "hill", "hoffmann",
	"hofmann", "holmes", "howard", "huang", "hughes", "hunt", "hussain", "ivanov", "jackson", "james",
	"jensen", "johansson", "johnson", "jones", "karlsson", "kaur", "kelly", "khan", "kim", "king",
	"klein", "knight", "koch", "kowalski", "lane", "lange", "larsen", "larsson", "laurent", "lee",
	"lewis", "li", "liu", "lloyd", "lopez", "marshall", "martin", "martinez", "mason", "mcdonald",
	"meyer", "miah", "michel", "miller", "mills", "mitchell", "moore", "moreau", "morgan", "morris",
	"muller", "murphy", "murray", "neumann", "nguyen", "nielsen", "nilsson", "novak", "nowak", "oliveira",
	"olsen", "palmer", "park", "parker", "patel", "pearson", "pereira", "perez", "peters", "petrov",
	"phillips", "powell", "price", "ramirez", "ramos", "reid", "reyes", "reynolds", "richards",
	"richardson", "richter", "rivera", "roberts", "robertson", "robinson", "rodriguez", "rogers",
	"romano", "ross", "rossi", "russell", "russo", "sanchez", "santos", "saunders", "schmidt",
	"schneider", "schulz", "schwarz", "scott", "shah", "shaw", "silva", "simpson", "singh", "smith",
	"stevens", "stewart", "stone", "sun", "taylor", "thomas", "thompson", "torres", "turner", "wagner",
	"walker", "wallace", "wang", "ward", "watson", "webb", "weber", "west", "white", "williams", "wilson",
	"wolf", "wood", "woods", "wright", "wu", "yang", "young", "zhang", "zhao", "zhou", "zimmermann"};

static const char *const particles[] = {"al", "ap", "ben", "bin", "bint", "da", "das", "de", "del", "della",
	"den", "der", "di", "dos", "du", "e", "el", "ibn", "la", "le", "mac", "mc", "st", "ten", "ter", "van",
	"von", "y", "zu", "zur"};

static const char *const after[] = {"a", "absent", "age", "aged", "allergic", "allergies", "allergy", "also",
	"am", "an", "and", "april", "are", "as", "assessment", "at", "attendance", "august", "baby", "be",
	"been", "birthday", "black", "blue", "born", "brother", "but", "by", "can", "care", "child",
	"children", "class", "consent", "could", "dad", "daddy", "date", "day", "days", "dear", "december",
	"did", "do", "dob", "does", "drawing", "father", "february", "for", "form", "friday", "from", "goes",
	"green", "group", "had", "has", "health", "hello", "her", "hi", "his", "how", "if", "in", "is", "its",
	"january", "journey", "july", "june", "just", "key", "learning", "liked", "likes", "love", "loved",
	"loves", "lunch", "made", "makes", "march", "may", "medical", "monday", "month", "months", "mother",
	"mum", "mummy", "my", "name", "nap", "no", "not", "note", "notes", "november", "nursery",
	"observation", "observations", "october", "of", "on", "only", "or", "orange", "our", "painting",
	"parent", "parents", "permission", "person", "photo", "photos", "picture", "pictures", "pink", "plan",
	"played", "plays", "please", "pm", "preschool", "present", "profile", "progress", "purple",
	"reception", "red", "register", "report", "reports", "review", "room", "said", "saturday", "says",
	"school", "september", "sister", "sleep", "snack", "so", "sunday", "table", "tea", "term", "than",
	"thank", "thanks", "that", "the", "their", "then", "these", "this", "those", "thursday", "tick", "to",
	"toddler", "todo", "tuesday", "update", "very", "was", "wednesday", "week", "weeks", "went", "were",
	"what", "when", "where", "white", "who", "why", "will", "with", "worker", "would", "year", "years",
	"yellow", "yes", "your"};

static const char *const before[] = {"about", "after", "and", "around", "before", "between", "by", "circa",
	"dated", "during", "each", "early", "every", "for", "from", "in", "last", "late", "mid", "next", "of",
	"on", "or", "released", "since", "this", "through", "till", "to", "until"};

static const char *const months[] = {
	"april", "august", "autumn", "january", "june", "may", "september", "summer", "sunday", "winter"};

static const char *const childcare[] = {"allergic", "allergies", "allergy", "childcare", "childminder",
	"childminders", "creche", "eyfs", "keyworker", "kindergarten", "nappies", "nappy", "naptime",
	"nurseries", "nursery", "ofsted", "playgroup", "playroom", "potty", "preschool", "safeguarding",
	"storytime", "toddler", "toddlers"};

static const char *const articles[] = {"a", "an", "another", "any", "each", "every", "into", "its", "my",
	"no", "onto", "our", "some", "that", "the", "these", "this", "those", "using", "via", "with", "your"};

static const char *const labels[] = {"aka", "as", "b", "br", "cell", "chosen", "dd", "div", "dt", "em",
	"family", "field", "first", "firstname", "forename", "forenames", "given", "i", "initial", "key",
	"known", "last", "lastname", "legal", "li", "middle", "name", "names", "nbsp", "p", "preferred",
	"span", "string", "strong", "surname", "surnames", "td", "text", "th", "tr", "ul", "value"};

static const char *const verbs[] = {
	"art", "chase", "don", "drew", "grant", "hope", "mark", "max", "may", "rob", "will"};

static const struct {
	enum names_wordlist list;
	const char *const *words;
	size_t count;
} lists[] = {
	{NAMES_WORDS_FIRST, first, ELEMENTS(first)},
	{NAMES_WORDS_LAST, last, ELEMENTS(last)},
	{NAMES_WORDS_COMMON, common, ELEMENTS(common)},
	{NAMES_WORDS_PARTICLE, particles, ELEMENTS(particles)},
	{NAMES_WORDS_AFTER, after, ELEMENTS(after)},
	{NAMES_WORDS_BEFORE, before, ELEMENTS(before)},
	{NAMES_WORDS_MONTH, months, ELEMENTS(months)},
	{NAMES_WORDS_CHILDCARE, childcare, ELEMENTS(childcare)},
	{NAMES_WORDS_ARTICLE, articles, ELEMENTS(articles)},
	{NAMES_WORDS_VERB, verbs, ELEMENTS(verbs)},
	{NAMES_WORDS_LABEL, labels, ELEMENTS(labels)},
};

static bool contains(const char *const *words, size_t count, const char *word, size_t size)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strncmp(word, words[middle], size);

		if (order == 0 && words[middle][size])
			order = -1;
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

unsigned names_words(const char *word, size_t size)
{
	unsigned found = 0;

	for (size_t i = 0; i < ELEMENTS(lists); i++)
		if (contains(lists[i].words, lists[i].count, word, size))
			found |= lists[i].list;
	return found;
}

const char *names_words_at(enum names_wordlist list, size_t i)
{
	for (size_t n = 0; n < ELEMENTS(lists); n++)
		if (lists[n].list == list)
			return i < lists[n].count ? lists[n].words[i] : NULL;
	return NULL;
}

unsigned names_words_month(const char *word, size_t size)
{
	static const char *const names[] = {"january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december"};
	char text[12];

	if (size < 3 || size > 9)
		return 0;
	for (size_t i = 0; i < size; i++)
		text[i] = (char)(word[i] | 0x20);
	for (unsigned i = 0; i < ELEMENTS(names); i++)
		if (memcmp(text, names[i], 3) == 0 &&
			(size == 3 || (size == 4 && memcmp(text, "sept", 4) == 0) ||
				(size == strlen(names[i]) && memcmp(text, names[i], size) == 0)))
			return i + 1;
	return 0;
}
