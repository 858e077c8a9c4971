/* SPDX-License-Identifier: MIT */
#include "config/layer_text.h"

#include "config/ini_text.h"
#include "config/layer_files.h"
#include "config/match.h"
#include "config/schema.h"
#include "core/log.h"

#include <stdio.h>
#include <string.h>

/* A file of garbage is not to fill the host's log. */
#define WARNINGS_MAX 20
#define SECTION_MAX 49 /* letters that inih keeps */
#define KEY_MAX 112    /* a section's and a key's, with a dot */

static const char match_prefix[] = "match.";

/* ---- sections ---- */

enum kind { WRONG = 0, PLAIN, MACHINE, APP, PRESET };

static const char *const words[] = {"policy", "thermal", "memory", "power",  "frame",
                                    "app",    "record",  "preset", "machine"};

#define WORD_COUNT (sizeof words / sizeof words[0])

/* "machine steam-deck" */
struct section {
    enum kind kind;
    char word[SECTION_MAX + 1];
    char name[SECTION_MAX + 1]; /* "" = none */
};

static void split(struct section *section, const char *text) {
    static const char blanks[] = " \t";
    text += strspn(text, blanks);
    const size_t word = strcspn(text, blanks);
    snprintf(section->word, sizeof section->word, "%.*s", (int)word, text);
    text += word;
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]))
        length--;
    snprintf(section->name, sizeof section->name, "%.*s", (int)length, text);
}

static bool is_word(const struct section *section, const char *word) {
    return strcmp(section->word, word) == 0;
}

static bool is_known_word(const struct section *section) {
    size_t i = 0;
    while (i < WORD_COUNT && !is_word(section, words[i]))
        i++;
    return i < WORD_COUNT;
}

static enum kind kind_of(const struct section *section, bool preset_file) {
    const bool named = *section->name;
    if (!is_known_word(section) || is_word(section, "machine"))
        return is_word(section, "machine") && !preset_file ? MACHINE : WRONG;
    if (!named)
        return is_word(section, "preset") && !preset_file ? WRONG : PLAIN;
    if (preset_file)
        return WRONG;
    if (is_word(section, "preset"))
        return perfadapt__schema_is_name(section->name) ? PRESET : WRONG;
    return is_word(section, "app") ? APP : WRONG;
}

/* Why it is WRONG. */
static void explain(const struct section *section, bool preset_file, char out[PERFADAPT__SCHEMA_REASON_MAX]) {
    struct perfadapt__nearest nearest;
    const char *text = NULL;
    if (!*section->word)
        text = "a key without a section; [NAME] stands above its keys";
    else if (preset_file && is_known_word(section))
        text = "a preset's file has plain sections only";
    else if (is_word(section, "preset"))
        text = "[preset NAME] is meant, NAME of letters, digits, - and _";
    else if (is_known_word(section))
        text = "a section of this kind has no name";
    if (text) {
        snprintf(out, PERFADAPT__SCHEMA_REASON_MAX, "%s", text);
        return;
    }
    perfadapt__nearest_init(&nearest, section->word);
    for (size_t i = 0; i < WORD_COUNT; i++)
        perfadapt__nearest_offer(&nearest, words[i]);
    perfadapt__nearest_tell(&nearest, "section", out, PERFADAPT__SCHEMA_REASON_MAX);
}

/* ---- one key ---- */

static bool is_match(const char *key) {
    return strncmp(key, match_prefix, sizeof match_prefix - 1) == 0;
}

/* Its name in the schema. */
static void full_key(const struct section *section, const char *key, char out[KEY_MAX]) {
    const bool dotted =
        section->kind == MACHINE || section->kind == APP || (section->kind == PRESET && strchr(key, '.'));
    snprintf(out, KEY_MAX, "%s%s%s", dotted ? "" : section->word, dotted ? "" : ".", key);
}

static bool names_preset(const char *full) {
    return strcmp(full, "policy.preset") == 0;
}

static bool set(const struct perfadapt__layer_text *text, const struct section *section, const char *full,
                const char *value, struct perfadapt__settings *settings,
                char out_reason[PERFADAPT__SCHEMA_REASON_MAX]) {
    if (names_preset(full) && (text->preset || section->kind == PRESET)) {
        snprintf(out_reason, PERFADAPT__SCHEMA_REASON_MAX, "a preset does not choose a preset");
        return false;
    }
    return perfadapt__schema_set(settings, full, value, out_reason);
}

/* ---- survey ---- */

struct survey {
    struct perfadapt__layer_text *text;
    struct section section;
    bool begun; /* the section has had a key */
    unsigned section_line;
    unsigned given, fitting; /* masks of match keys */
    bool wrong_match;
    unsigned warnings;
};

static void warn(struct survey *survey, unsigned line, const char *text) {
    struct perfadapt__layers_request request = *survey->text->request;
    const char *path = survey->text->path;
    if (survey->warnings == WARNINGS_MAX)
        perfadapt__log(request.log, PERFADAPT_LOG_WARNING, "%.240s:%u: what else is wrong is not told", path, line);
    if (survey->warnings++ >= WARNINGS_MAX)
        request.log = NULL;
    perfadapt__layers_warn(&request, path, line, survey->section.word, text);
}

static void end_machine(struct survey *survey) {
    struct perfadapt__layer_text *text = survey->text;
    if (!survey->begun || survey->section.kind != MACHINE || survey->wrong_match)
        return;
    if (survey->given == 0)
        warn(survey, survey->section_line, "no match. key says which machine: the section applies to none");
    if (survey->given == 0 || survey->given != survey->fitting)
        return;
    if (text->machine_count == PERFADAPT__LAYER_MACHINES_MAX)
        warn(survey, survey->section_line, "too many sections are this machine; left out");
    else
        text->machines[text->machine_count++] = survey->section_line;
}

/* inih cuts longer names without a word. */
static bool is_cut(const struct perfadapt__ini_text *ini) {
    const char *end = memchr(ini->line, ']', (size_t)(ini->line_end - ini->line));
    return end && end - ini->line - 1 > SECTION_MAX;
}

static void begin_section(struct survey *survey, const struct perfadapt__ini_text *ini) {
    end_machine(survey);
    survey->begun = survey->wrong_match = false;
    survey->given = survey->fitting = 0;
    survey->section_line = ini->line_number;
    if (is_cut(ini))
        warn(survey, ini->line_number, "the name of the section is cut after 49 letters");
}

static void begin_keys(struct survey *survey, unsigned line, const char *name) {
    const bool preset_file = survey->text->preset;
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    split(&survey->section, name);
    survey->section.kind = kind_of(&survey->section, preset_file);
    survey->begun = true;
    survey->text->has_plain |= survey->section.kind == PLAIN;
    survey->text->has_apps |= survey->section.kind == APP;
    survey->text->has_presets |= survey->section.kind == PRESET;
    if (survey->section.kind != WRONG)
        return;
    explain(&survey->section, preset_file, reason);
    warn(survey, survey->section_line ? survey->section_line : line, reason);
}

static void refuse_match(struct survey *survey, unsigned line, const char *key, const char *value, bool bad_key) {
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    char shown[PERFADAPT__WORD_SHOWN];
    const char *candidate;
    struct perfadapt__nearest nearest;
    perfadapt__nearest_init(&nearest, key);
    for (size_t i = 0; (candidate = perfadapt__match_key(i)); i++)
        perfadapt__nearest_offer(&nearest, candidate);
    if (bad_key)
        perfadapt__nearest_tell(&nearest, "match.", reason, sizeof reason);
    perfadapt__word_clean(value, shown);
    if (!bad_key)
        snprintf(reason, sizeof reason, "match.%s \"%s\": %s is meant; the section applies to no machine",
                 nearest.found, shown, strcmp(key, "gpu") == 0 ? "10de:2684, 8086:5690-56c1 or 1002:*" : "a pattern");
    survey->wrong_match = true;
    warn(survey, line, reason);
}

static void take_match(struct survey *survey, unsigned line, const char *key, const char *value) {
    size_t index = 0;
    const enum perfadapt__match_result result = perfadapt__match_fact(survey->text->request->facts, key, value, &index);
    if (result == PERFADAPT__MATCH_BAD_KEY || result == PERFADAPT__MATCH_BAD_VALUE) {
        refuse_match(survey, line, key, value, result == PERFADAPT__MATCH_BAD_KEY);
        return;
    }
    survey->given |= 1u << index;
    survey->fitting |= (unsigned)(result == PERFADAPT__MATCH_YES) << index;
}

static void survey_line(void *user, const struct perfadapt__ini_text *ini, const char *name, const char *key,
                        const char *value) {
    struct survey *survey = user;
    if (!key) {
        begin_section(survey, ini);
        return;
    }
    if (!survey->begun)
        begin_keys(survey, ini->line_number, name);
    if (survey->section.kind == WRONG)
        return;
    if (survey->section.kind == MACHINE && is_match(key)) {
        take_match(survey, ini->line_number, key + sizeof match_prefix - 1, value);
        return;
    }
    struct perfadapt__settings scratch;
    char full[KEY_MAX];
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    full_key(&survey->section, key, full);
    if (!set(survey->text, &survey->section, full, value, &scratch, reason))
        warn(survey, ini->line_number, reason);
}

static void ignore_line(void *user, const struct perfadapt__ini_text *ini, const char *name, const char *key,
                        const char *value) {
    (void)user, (void)ini, (void)name, (void)key, (void)value;
}

/* First whether it is whole: what stands behind a broken line is in a section that nobody meant. */
bool perfadapt__layer_text_survey(struct perfadapt__layer_text *text) {
    struct survey survey = {.text = text};
    const int broken = perfadapt__ini_parse(text->text, text->length, ignore_line, NULL);
    if (broken != 0) {
        perfadapt__layers_warn(text->request, text->path, broken > 0 ? (unsigned)broken : 0, "",
                               broken > 0
                                   ? "neither [section] nor key = value, or over 198 letters; the file is not used"
                                   : "no memory; the file is not used");
        return false;
    }
    perfadapt__ini_parse(text->text, text->length, survey_line, &survey);
    end_machine(&survey);
    return true;
}

/* ---- what holds ---- */

struct application {
    struct perfadapt__layer_text *text;
    struct perfadapt__settings *settings;
    enum kind kind; /* of sections that are looked for */
    struct perfadapt__preset_search *search;
    struct section section;
    bool begun, applies;
    unsigned section_line;
};

static bool is_this_machine(const struct perfadapt__layer_text *text, unsigned line) {
    for (size_t i = 0; i < text->machine_count; i++)
        if (text->machines[i] == line)
            return true;
    return false;
}

void perfadapt__preset_search_offer(struct perfadapt__preset_search *search, const char *name) {
    perfadapt__nearest_offer(&search->nearest, name);
    if (search->nearest.found != name)
        return;
    snprintf(search->found, sizeof search->found, "%s", name);
    search->nearest.found = search->found;
}

static bool applies(const struct application *application) {
    const struct perfadapt__layer_text *text = application->text;
    const struct section *section = &application->section;
    if (section->kind != application->kind)
        return false;
    switch (section->kind) {
    case MACHINE:
        return is_this_machine(text, application->section_line);
    case APP:
        return text->request->app_name && perfadapt__match_glob(section->name, text->request->app_name);
    case PRESET:
        return strcmp(section->name, application->search->name) == 0;
    default:
        return true;
    }
}

static void begin_to_apply(struct application *application, const char *name) {
    struct section *section = &application->section;
    split(section, name);
    section->kind = kind_of(section, application->text->preset);
    application->begun = true;
    application->applies = applies(application);
    if (application->kind != PRESET || section->kind != PRESET)
        return;
    perfadapt__preset_search_offer(application->search, section->name);
    application->search->known |= application->applies;
}

static void tell(const struct perfadapt__layer_text *text, unsigned line, const char *name, const char *full,
                 const char *value) {
    char of_preset[PERFADAPT__PRESET_NAME + 16];
    if (!text->request->found)
        return;
    snprintf(of_preset, sizeof of_preset, "preset %s", text->preset ? text->preset : "");
    text->request->found(text->request->user, text->path, line, text->preset ? of_preset : name, full, value);
}

static void apply_line(void *user, const struct perfadapt__ini_text *ini, const char *name, const char *key,
                       const char *value) {
    struct application *application = user;
    char full[KEY_MAX];
    char reason[PERFADAPT__SCHEMA_REASON_MAX];
    if (!key) {
        application->begun = false;
        application->section_line = ini->line_number;
        return;
    }
    if (!application->begun)
        begin_to_apply(application, name);
    if (!application->applies || (application->kind == MACHINE && is_match(key)))
        return;
    full_key(&application->section, key, full);
    if (!set(application->text, &application->section, full, value, application->settings, reason))
        return;
    if (names_preset(full))
        application->text->preset_line = ini->line_number;
    tell(application->text, ini->line_number, name, full, value);
}

static void apply(struct perfadapt__layer_text *text, enum kind kind, struct perfadapt__preset_search *search,
                  struct perfadapt__settings *settings) {
    struct application application = {.text = text, .settings = settings, .kind = kind, .search = search};
    perfadapt__ini_parse(text->text, text->length, apply_line, &application);
}

void perfadapt__layer_text_apply(struct perfadapt__layer_text *text, struct perfadapt__settings *settings) {
    if (text->has_plain)
        apply(text, PLAIN, NULL, settings);
    if (text->machine_count > 0)
        apply(text, MACHINE, NULL, settings);
    if (text->has_apps)
        apply(text, APP, NULL, settings);
}

void perfadapt__layer_text_preset(struct perfadapt__layer_text *text, struct perfadapt__preset_search *search,
                                  struct perfadapt__settings *settings) {
    apply(text, PRESET, search, settings);
}
