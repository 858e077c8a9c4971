/* The text of a pressure file. Pure. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_PSI_TEXT_H
#define PERFADAPT_PROVIDERS_PSI_TEXT_H

#include <stdint.h>

enum perfadapt__psi_found {
    PERFADAPT__PSI_LINE = 0,
    PERFADAPT__PSI_NO_LINE = 1, /* the file does not have it: "irq" has no "some" */
    PERFADAPT__PSI_BAD_LINE = 2
};

struct perfadapt__psi_line {
    double avg10, avg60, avg300; /* percent */
    uint64_t total_us;
};

/* The line of `keyword`, "some" or "full". Nothing is written unless it is there and whole. */
enum perfadapt__psi_found perfadapt__psi_parse(const char *text, const char *keyword,
                                               struct perfadapt__psi_line *out_line);

#endif
