/* SPDX-License-Identifier: MIT */
#include "config/keys.h"

#include "config/schema.h"
#include "config/schema_text.h"

#include <perfadapt/version.h>
#include <stdbool.h>
#include <string.h>

#define RANGE_MAX 128

/* Of the page: a date of building would make each build another one. */
static const char page_date[] = "2026-11-21";

static const char *name_of(const struct perfadapt__schema_row *row) {
    return strchr(row->key, '.') + 1;
}

static int section_length(const struct perfadapt__schema_row *row) {
    return (int)(strchr(row->key, '.') - row->key);
}

static bool begins_section(size_t index) {
    if (index == 0)
        return true;
    const struct perfadapt__schema_row *row = perfadapt__schema_row(index);
    const struct perfadapt__schema_row *above = perfadapt__schema_row(index - 1);
    return strncmp(row->key, above->key, (size_t)section_length(row) + 1) != 0;
}

static const char *type_of(const struct perfadapt__schema_row *row) {
    static const char *const types[] = {
        [PERFADAPT__KIND_NUMBER] = "number",      [PERFADAPT__KIND_WHOLE] = "whole number",
        [PERFADAPT__KIND_RATE] = "number",        [PERFADAPT__KIND_MILLISECONDS] = "number",
        [PERFADAPT__KIND_NANOSECONDS] = "number", [PERFADAPT__KIND_BYTES] = "size",
        [PERFADAPT__KIND_WORD] = "one of",        [PERFADAPT__KIND_NAME] = "name",
    };
    return types[row->kind];
}

/* "number 30 to 125; unit: °C" */
static void print_kind(size_t index, char *out, size_t capacity) {
    char range[RANGE_MAX];
    const struct perfadapt__schema_row *row = perfadapt__schema_row(index);
    const char *unit = perfadapt__schema_text(index)->unit;
    const bool has_unit = *unit && row->kind != PERFADAPT__KIND_BYTES;
    perfadapt__schema_range(row, range, sizeof range);
    if (row->kind == PERFADAPT__KIND_NAME)
        snprintf(out, capacity, "%s", range);
    else
        snprintf(out, capacity, "%s%s %s%s%s", type_of(row), row->kind == PERFADAPT__KIND_BYTES ? " in" : "", range,
                 has_unit ? "; unit: " : "", has_unit ? unit : "");
}

void config_keys_print(FILE *stream) {
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        char kind[2 * RANGE_MAX];
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        const struct perfadapt__schema_text *texts = perfadapt__schema_text(i);
        print_kind(i, kind, sizeof kind);
        if (begins_section(i))
            fprintf(stream, "%s[%.*s]\n", i ? "\n" : "", section_length(row), row->key);
        fprintf(stream, "  %-18s %s\n  %-18s %s; default: %s\n", name_of(row), texts->text, "", kind, texts->otherwise);
    }
}

/* ---- the manual page ---- */

/* What means something to roff, and what is not ASCII. */
static void print_roff(const char *text, FILE *stream) {
    static const char degree[] = "\xc2\xb0";
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else if (*text == '\'')
            fputs("\\(aq", stream);
        else if (strncmp(text, degree, sizeof degree - 1) == 0) {
            fputs("\\(de", stream);
            text += sizeof degree - 2;
        } else
            fputc(*text, stream);
    }
}

static void print_man_keys(FILE *stream) {
    for (size_t i = 0; i < perfadapt__schema_count(); i++) {
        char kind[2 * RANGE_MAX];
        const struct perfadapt__schema_row *row = perfadapt__schema_row(i);
        const struct perfadapt__schema_text *texts = perfadapt__schema_text(i);
        print_kind(i, kind, sizeof kind);
        if (begins_section(i))
            fprintf(stream, ".SS [%.*s]\n", section_length(row), row->key);
        fputs(".TP\n.B ", stream);
        print_roff(name_of(row), stream);
        fputc('\n', stream);
        print_roff(texts->text, stream);
        fputs(".\n.br\n", stream);
        print_roff(kind, stream);
        fputs("; default: ", stream);
        print_roff(texts->otherwise, stream);
        fputs(".\n", stream);
    }
}

static const char man_head[] =
    ".SH NAME\n"
    "perfadapt.ini \\- how render apps adapt to this machine\n"
    ".SH SYNOPSIS\n"
    ".nf\n"
    "/usr/share/perfadapt/machines/*.ini\n"
    "/usr/share/perfadapt/perfadapt.ini\n"
    "/etc/perfadapt/perfadapt.ini\n"
    "/usr/share/perfadapt/perfadapt.d/*.ini\n"
    "/etc/perfadapt/perfadapt.d/*.ini\n"
    "$XDG_CONFIG_HOME/perfadapt/perfadapt.ini\n"
    "$XDG_CONFIG_HOME/perfadapt/perfadapt.d/*.ini\n"
    ".fi\n"
    ".SH DESCRIPTION\n"
    "libperfadapt hands each app that uses it a budget: a quality level, a render scale, a frame time, a memory size.\n"
    "These files say how far that budget may go.\n"
    "None of them has to be there.\n"
    ".PP\n"
    "They are read in the order above, the drop\\-ins of /usr/share and /etc together and by file name.\n"
    "Each later value wins over an earlier one, key by key.\n"
    "All of them win over what the app asks for, and that over the preset.\n"
    "A drop\\-in replaces that of the same name in an earlier directory; an empty one, or a link to /dev/null, takes "
    "it\n"
    "away.\n"
    "Where XDG_CONFIG_HOME is not set, the user\\(aqs files are in ~/.config.\n"
    "Edited files are noticed while apps run.\n"
    ".PP\n"
    "A file holds sections and lines of the form\n"
    ".IR key \" = \" value ,\n"
    "and comments that begin with \\(dq;\\(dq or \\(dq#\\(dq.\n"
    "A key that is unknown or has a bad value is left out, and so is a file that is no INI as a whole.\n"
    "Each is told with file and line; everything else stands.\n"
    ".SH SECTIONS\n"
    ".TP\n"
    ".B [policy] [app] [frame] [thermal] [memory] [power] [record]\n"
    "hold the keys below, for every app on every machine.\n"
    ".TP\n"
    ".BI [machine\\  NAME ]\n"
    "applies where all its match keys fit.\n"
    "NAME is yours to choose, up to 40 letters.\n"
    "Keys are written with their section: thermal.limit_c = 85.\n"
    ".TP\n"
    ".BI [app\\  NAME ]\n"
    "applies to apps whose session\\(aqs name fits that pattern, and wins over the machine\\(aqs.\n"
    "Keys are written with their section.\n"
    ".TP\n"
    ".BI [preset\\  NAME ]\n"
    "changes the preset of that name, or makes one, for policy.preset to name.\n"
    "Keys of [preset] are written without it, others with their section.\n"
    ".PP\n"
    "The match keys take patterns, where * is any text, ? any letter, and | parts several.\n"
    "Upper and lower case are the same:\n"
    ".TP\n"
    ".B match.dmi_vendor match.dmi_product match.dmi_board\n"
    "/sys/class/dmi/id: sys_vendor, product_name, board_name.\n"
    ".TP\n"
    ".B match.device_tree\n"
    "any entry of /proc/device\\-tree/compatible.\n"
    ".TP\n"
    ".B match.gpu\n"
    "vendor:device of any GPU in hexadecimal, as\n"
    ".B lspci \\-n\n"
    "prints them; a range of devices, 10de:2684\\-2704, or all of a vendor, 1002:*.\n"
    ".TP\n"
    ".B match.host\n"
    "the host\\(aqs name.\n"
    ".SH KEYS\n";

static const char man_tail[] = ".SH EXAMPLES\n"
                               ".nf\n"
                               "[thermal]\n"
                               "limit_c = 85\n"
                               "\n"
                               "[machine render node]\n"
                               "match.host = render\\-*\n"
                               "policy.preset = ultra\n"
                               "\n"
                               "[app viewer]\n"
                               "frame.target_fps = 30\n"
                               ".fi\n"
                               ".SH SEE ALSO\n"
                               ".B perfadapt config\n"
                               "shows what holds and which line says so,\n"
                               ".B perfadapt config \\-\\-check\n"
                               ".I FILE\n"
                               "what is wrong with a file.\n";

void config_keys_print_man(FILE *stream) {
    fprintf(stream, ".\\\" From the table of keys by perfadapt config --man. SPDX-License-Identifier: MIT\n");
    fprintf(stream, ".TH PERFADAPT.INI 5 %s \"perfadapt %s\" \"File formats\"\n", page_date, PERFADAPT_VERSION_STRING);
    fputs(man_head, stream);
    print_man_keys(stream);
    fputs(man_tail, stream);
}
