/* SPDX-License-Identifier: MIT */
#include "config/match.h"

#include <string.h>

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool is_blank(char letter) {
    return letter == ' ' || letter == '\t';
}

/* ---- text ---- */

/*
 * One pattern, up to `end`. Only the last star is ever gone back to: what an earlier one could take besides is taken by
 * the later as well. So no pattern takes longer than its length times the text's.
 */
static bool fits(const char *pattern, const char *end, const char *text) {
    const char *star = NULL;
    const char *resume = NULL;
    while (*text) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (pattern < end && (*pattern == '?' || lower(*pattern) == lower(*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

/* The next of a list, without the blanks around it: what is behind it, or NULL where that was the last. */
static const char *next_pattern(const char *list, const char *separators, const char **out_start,
                                const char **out_end) {
    const char *stop = list + strcspn(list, separators);
    const char *end = stop;
    while (list < end && is_blank(*list))
        list++;
    while (list < end && is_blank(end[-1]))
        end--;
    *out_start = list;
    *out_end = end;
    return *stop ? stop + 1 : NULL;
}

bool perfadapt__match_glob(const char *patterns, const char *text) {
    const char *start, *end;
    while (patterns) {
        patterns = next_pattern(patterns, "|", &start, &end);
        if (start < end && fits(start, end, text))
            return true;
    }
    return false;
}

/* Any of several texts, each with a NUL behind it. */
static bool any_fits(const char *patterns, const char *texts, size_t length) {
    for (size_t at = 0; at < length; at += strnlen(texts + at, length - at) + 1)
        if (texts[at] && perfadapt__match_glob(patterns, texts + at))
            return true;
    return false;
}

/* ---- numbers of GPUs ---- */

/* "10de" or "0x10DE"; at least one digit, and no more than 32 bits. */
static bool read_hex(const char **text, const char *end, uint32_t *out_value) {
    const char *at = *text;
    uint32_t value = 0;
    if (end - at > 2 && at[0] == '0' && lower(at[1]) == 'x')
        at += 2;
    const char *start = at;
    for (; at < end; at++) {
        const char letter = lower(*at);
        const bool digit = letter >= '0' && letter <= '9';
        if (!digit && !(letter >= 'a' && letter <= 'f'))
            break;
        if (value >> 28)
            return false;
        value = value << 4 | (uint32_t)(digit ? letter - '0' : letter - 'a' + 10);
    }
    *text = at;
    *out_value = value;
    return at > start;
}

struct range {
    uint32_t least, most;
};

/* "*", "2684", or "5690-56c1" */
static bool read_range(const char **text, const char *end, struct range *out_range) {
    if (*text < end && **text == '*') {
        ++*text;
        *out_range = (struct range){0, UINT32_MAX};
        return true;
    }
    if (!read_hex(text, end, &out_range->least))
        return false;
    out_range->most = out_range->least;
    if (*text < end && **text == '-') {
        ++*text;
        return read_hex(text, end, &out_range->most) && out_range->least <= out_range->most;
    }
    return true;
}

static bool is_in(const struct range *range, uint32_t value) {
    return value >= range->least && value <= range->most;
}

static bool read_gpu(const char *at, const char *end, struct range *out_vendor, struct range *out_device) {
    if (!read_range(&at, end, out_vendor) || at == end || *at != ':')
        return false;
    at++;
    return read_range(&at, end, out_device) && at == end;
}

/* A wrong one among right ones makes the whole value wrong: who wrote it meant something else. */
static enum perfadapt__match_result match_gpus(const struct perfadapt__machine_facts *facts, const char *list) {
    enum perfadapt__match_result result = PERFADAPT__MATCH_NO;
    const char *start, *end;
    while (list) {
        struct range vendor, device;
        list = next_pattern(list, ",|", &start, &end);
        if (!read_gpu(start, end, &vendor, &device))
            return PERFADAPT__MATCH_BAD_VALUE;
        for (size_t i = 0; facts && i < facts->gpu_count; i++)
            if (facts->gpus[i].vendor_id != 0 && is_in(&vendor, facts->gpus[i].vendor_id) &&
                is_in(&device, facts->gpus[i].device_id))
                result = PERFADAPT__MATCH_YES;
    }
    return result;
}

/* ---- facts ---- */

enum { KEY_GPU = 0, KEY_DEVICE_TREE = 1, KEY_TEXTS = 2 };

static const struct {
    const char *key;
    size_t offset; /* of a text, in the facts */
} keys[] = {
    [KEY_GPU] = {"gpu", 0},
    [KEY_DEVICE_TREE] = {"device_tree", 0},
    [KEY_TEXTS] = {"dmi_vendor", offsetof(struct perfadapt__machine_facts, dmi_vendor)},
    {"dmi_product", offsetof(struct perfadapt__machine_facts, dmi_product)},
    {"dmi_board", offsetof(struct perfadapt__machine_facts, dmi_board)},
    {"host", offsetof(struct perfadapt__machine_facts, host)},
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])

const char *perfadapt__match_key(size_t index) {
    return index < KEY_COUNT ? keys[index].key : NULL;
}

static bool match_text(const struct perfadapt__machine_facts *facts, size_t key, const char *patterns) {
    if (!facts)
        return false;
    if (key == KEY_DEVICE_TREE)
        return facts->device_tree && any_fits(patterns, facts->device_tree, facts->device_tree_length);
    const char *text;
    memcpy(&text, (const char *)facts + keys[key].offset, sizeof text);
    return text && *text && perfadapt__match_glob(patterns, text);
}

enum perfadapt__match_result perfadapt__match_fact(const struct perfadapt__machine_facts *facts, const char *key,
                                                   const char *value, size_t *out_index) {
    size_t index = 0;
    while (index < KEY_COUNT && strcmp(key, keys[index].key) != 0)
        index++;
    if (index == KEY_COUNT)
        return PERFADAPT__MATCH_BAD_KEY;
    *out_index = index;
    if (index == KEY_GPU)
        return match_gpus(facts, value);
    if (!value[strspn(value, "| \t")])
        return PERFADAPT__MATCH_BAD_VALUE;
    return match_text(facts, index, value) ? PERFADAPT__MATCH_YES : PERFADAPT__MATCH_NO;
}
