/* Values as words, decisions as sentences; numbers never by the locale. SPDX-License-Identifier: MIT */
#include <math.h>
#include <perfadapt/monitor.h>
#include <perfadapt/profile.h>
#include <stdbool.h>
#include <string.h>

#define MEBIBYTE (1024.0 * 1024.0)
#define NS_PER_MS 1e6

/* Printed in its place where a number is larger: 15 digits are exact. */
#define LARGEST_PRINTED 1e15

#define WORD_CASE(name, number, word)                                                                                  \
    case (number):                                                                                                     \
        return word;

static const char *word_of(const char *const *words, size_t count, uint32_t value) {
    return value < count ? words[value] : "unknown";
}

#define WORD_OF(words, value) word_of(words, sizeof(words) / sizeof(words)[0], value)

const char *perfadapt_thermal_state_name(uint32_t thermal_state) {
    static const char *const words[] = {"unknown", "cool", "warm", "hot", "critical"};
    return WORD_OF(words, thermal_state);
}

const char *perfadapt_memory_state_name(uint32_t memory_state) {
    static const char *const words[] = {"unknown", "relaxed", "tight", "critical"};
    return WORD_OF(words, memory_state);
}

const char *perfadapt_bottleneck_name(uint32_t bottleneck) {
    static const char *const words[] = {"unknown", "cpu", "gpu", "vsync", "memory"};
    return WORD_OF(words, bottleneck);
}

const char *perfadapt_state_name(uint32_t state) {
    static const char *const words[] = {"init", "ok", "stale", "asleep", "unsupported", "error"};
    return WORD_OF(words, state);
}

const char *perfadapt_unit_name(uint32_t unit) {
    static const char *const words[] = {"", "C", "bytes", "%", "us", "ratio", "W", "MHz", ""};
    return WORD_OF(words, unit);
}

const char *perfadapt_sensor_role_name(uint32_t role) {
    switch (role) {
        PERFADAPT_SENSOR_ROLE_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_limit_source_name(uint32_t limit_source) {
    static const char *const words[] = {"none", "crit", "max", "trip", "table", "simulated", "margin", "user"};
    return WORD_OF(words, limit_source);
}

const char *perfadapt_app_state_name(uint32_t app_state) {
    static const char *const words[] = {"running", "idle", "silent", "torn", "version", "corrupt", "denied"};
    return WORD_OF(words, app_state);
}

const char *perfadapt_role_name(uint32_t role) {
    static const char *const words[] = {"interactive", "background", "export"};
    return WORD_OF(words, role);
}

const char *perfadapt_why_text(uint32_t why) {
    switch (why) {
        PERFADAPT_WHY_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_throttling_name(uint32_t throttling) {
    switch (throttling) {
        PERFADAPT_THROTTLING_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_event_name(uint32_t event) {
    switch (event) {
        PERFADAPT_EVENT_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_signal_name(uint32_t signal) {
    switch (signal) {
        PERFADAPT_SIGNAL_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_device_type_name(uint32_t type) {
    switch (type) {
        PERFADAPT_DEVICE_TYPE_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_form_name(uint32_t form) {
    switch (form) {
        PERFADAPT_FORM_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_profile_source_name(uint32_t source) {
    switch (source) {
        PERFADAPT_PROFILE_SOURCE_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

const char *perfadapt_device_feature_name(uint64_t bit) {
    switch (bit) {
        PERFADAPT_DEVICE_FEATURE_MAP(WORD_CASE)
    default:
        return "unknown";
    }
}

void perfadapt_reasons_text(uint32_t reasons, char *out_text, size_t capacity) {
    static const char *const words[] = {
#define REASON_WORD(name, bit, word) [bit] = (word),
        PERFADAPT_REASON_MAP(REASON_WORD)
#undef REASON_WORD
    };
    if (!capacity)
        return;
    size_t used = 0;
    for (size_t bit = 0; bit < sizeof words / sizeof words[0]; bit++) {
        if (!(reasons >> bit & 1) || !words[bit])
            continue;
        const size_t length = strlen(words[bit]);
        const size_t comma = used > 0;
        if (used + comma + length >= capacity)
            break;
        memcpy(out_text + used, ",", comma);
        memcpy(out_text + used + comma, words[bit], length);
        used += comma + length;
    }
    if (!used && capacity > 1)
        out_text[used++] = '-';
    out_text[used] = '\0';
}

/* Text that grows up to a capacity; what is beyond is cut. */
struct text {
    char *start;
    size_t used;
    size_t capacity; /* at least 1 */
};

static void append(struct text *text, const char *words) {
    const size_t room = text->capacity - 1 - text->used;
    size_t length = strlen(words);
    if (length > room) {
        length = room;
        while (length && ((unsigned char)words[length] & 0xc0) == 0x80) /* never half a character */
            length--;
        text->capacity = text->used + length + 1;
    }
    memcpy(text->start + text->used, words, length);
    text->used += length;
    text->start[text->used] = '\0';
}

/* `value` is finite; rounded half away from zero. */
static void append_number(struct text *text, double value, unsigned decimals) {
    double magnitude = value < 0 ? -value : value;
    magnitude = magnitude < LARGEST_PRINTED ? magnitude : LARGEST_PRINTED;
    for (unsigned i = 0; i < decimals; i++)
        magnitude *= 10;
    uint64_t rest = (uint64_t)(magnitude + 0.5);
    const bool negative = value < 0 && rest > 0;
    char digits[32];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    for (unsigned i = 0; i <= decimals || rest > 0; i++, rest /= 10) {
        if (decimals && i == decimals)
            *--at = '.';
        *--at = (char)('0' + rest % 10);
    }
    if (negative)
        *--at = '-';
    append(text, at);
}

static void append_comma(struct text *text) {
    if (text->used)
        append(text, ", ");
}

static void append_change(struct text *text, const char *what, double from, double to, unsigned decimals) {
    append_comma(text);
    append(text, what);
    append_number(text, from, decimals);
    append(text, " -> ");
    append_number(text, to, decimals);
}

static void append_amount(struct text *text, double amount, double per_unit, bool none, unsigned decimals) {
    if (none)
        append(text, "none");
    else
        append_number(text, amount / per_unit, decimals);
}

/* 0 is no limit. */
static void append_time(struct text *text, const char *what, int64_t from_ns, int64_t to_ns) {
    append_comma(text);
    append(text, what);
    append_amount(text, (double)from_ns, NS_PER_MS, !from_ns, 1);
    append(text, " -> ");
    append_amount(text, (double)to_ns, NS_PER_MS, !to_ns, 1);
    append(text, " ms");
}

static void append_memory(struct text *text, const struct perfadapt_decision *decision) {
    const uint64_t from = decision->memory_bytes_from;
    const uint64_t to = decision->memory_bytes_to;
    append_comma(text);
    append(text, "memory ");
    append_amount(text, (double)from, MEBIBYTE, from == PERFADAPT_NO_LIMIT, 0);
    append(text, " -> ");
    append_amount(text, (double)to, MEBIBYTE, to == PERFADAPT_NO_LIMIT, 0);
    append(text, " MiB");
}

static void append_changes(struct text *text, const struct perfadapt_decision *decision) {
    const double scale_from = (double)decision->render_scale_from;
    const double scale_to = (double)decision->render_scale_to;
    if (decision->quality_from != decision->quality_to)
        append_change(text, "quality ", decision->quality_from, decision->quality_to, 0);
    if (isfinite(scale_from) && isfinite(scale_to) && (scale_from < scale_to || scale_from > scale_to))
        append_change(text, "scale ", scale_from, scale_to, 2);
    if (decision->frame_ns_from != decision->frame_ns_to)
        append_time(text, "frame time ", decision->frame_ns_from, decision->frame_ns_to);
    if (decision->frames_in_flight_from != decision->frames_in_flight_to)
        append_change(text, "frames in flight ", decision->frames_in_flight_from, decision->frames_in_flight_to, 0);
    if (decision->worker_threads_from != decision->worker_threads_to)
        append_change(text, "worker threads ", decision->worker_threads_from, decision->worker_threads_to, 0);
    if (decision->dispatch_ns_from != decision->dispatch_ns_to)
        append_time(text, "dispatch ", decision->dispatch_ns_from, decision->dispatch_ns_to);
    if (decision->memory_bytes_from != decision->memory_bytes_to)
        append_memory(text, decision);
    if (!text->used)
        append(text, "unchanged");
}

struct unit {
    const char *word;
    double divisor;
};

static struct unit unit_of(uint32_t signal) {
    switch (signal) {
    case PERFADAPT_SIGNAL_FRAME_TIME:
        return (struct unit){" ms", 1};
    case PERFADAPT_SIGNAL_TEMPERATURE:
    case PERFADAPT_SIGNAL_SENSOR:
        return (struct unit){" \u00b0C", 1};
    case PERFADAPT_SIGNAL_MEMORY_PRESSURE:
    case PERFADAPT_SIGNAL_GPU_BUSY:
    case PERFADAPT_SIGNAL_CPU_PRESSURE:
        return (struct unit){" %", 1};
    case PERFADAPT_SIGNAL_MEMORY_AVAILABLE:
    case PERFADAPT_SIGNAL_GPU_MEMORY:
        return (struct unit){" MiB", MEBIBYTE};
    default:
        return (struct unit){"", 1};
    }
}

/* The unit goes with the first number only. */
static void append_part(struct text *text, const char *before, double value, struct unit *unit) {
    if (!isfinite(value))
        return;
    append(text, before);
    append_number(text, value / unit->divisor, 1);
    append(text, unit->word);
    unit->word = "";
}

/* What stands for a number where the signal's value is one of a list; NULL where it is a number. */
static const char *word_of_signal(uint32_t signal, double value) {
    const uint32_t number = value >= 0 && value <= 1000 ? (uint32_t)value : UINT32_MAX;
    switch (signal) {
    case PERFADAPT_SIGNAL_EVENT:
        return perfadapt_event_name(number);
    default:
        return NULL;
    }
}

/* What another session is short of, where its reasons are known. */
static void append_session(struct text *text, double value) {
    char reasons[128];
    perfadapt_reasons_text(value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0, reasons, sizeof reasons);
    if (strcmp(reasons, "-") == 0)
        return;
    append(text, ", ");
    append(text, reasons);
}

static void append_signal(struct text *text, const struct perfadapt_decision *decision) {
    if (decision->signal == PERFADAPT_SIGNAL_NONE)
        return;
    struct unit unit = unit_of(decision->signal);
    append(text, ": ");
    append(text, perfadapt_signal_name(decision->signal));
    if (decision->signal == PERFADAPT_SIGNAL_SESSION) {
        append_session(text, decision->value);
        return;
    }
    const char *word = word_of_signal(decision->signal, decision->value);
    if (word) {
        append(text, " ");
        append(text, word);
        return;
    }
    append_part(text, " ", decision->value, &unit);
    const bool limited = decision->limit > 0 || decision->limit < 0;    /* 0 of a frame: the app has no target */
    const bool heat = decision->signal == PERFADAPT_SIGNAL_TEMPERATURE; /* held below its limit by a margin */
    if (limited || decision->signal != PERFADAPT_SIGNAL_FRAME_TIME)
        append_part(text, heat ? ", target " : ", limit ", decision->limit, &unit);
    append_part(text, ", forecast ", decision->forecast, &unit);
}

void perfadapt_decision_text(const struct perfadapt_decision *decision, char *out_text, size_t capacity) {
    if (!capacity)
        return;
    struct text text = {.start = out_text, .used = 0, .capacity = capacity};
    out_text[0] = '\0';
    append_changes(&text, decision);
    append_signal(&text, decision);
    char reasons[128];
    perfadapt_reasons_text(decision->reasons, reasons, sizeof reasons);
    if (strcmp(reasons, "-") == 0)
        return;
    append(&text, " (");
    append(&text, reasons);
    append(&text, ")");
}
