/* Texts of result codes, and the version. SPDX-License-Identifier: MIT */
#include <perfadapt/error.h>
#include <perfadapt/version.h>

const char *perfadapt_strerror(enum perfadapt_result result) {
    switch (result) {
#define RESULT_CASE(name, number, text)                                                                                \
    case PERFADAPT_##name:                                                                                             \
        return text;
        PERFADAPT_RESULT_MAP(RESULT_CASE)
#undef RESULT_CASE
    }
    return "unknown result";
}

const char *perfadapt_version(void) {
    return PERFADAPT_VERSION_STRING;
}
