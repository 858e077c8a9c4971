/* Result codes. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_ERROR_H
#define PERFADAPT_ERROR_H

#include <perfadapt/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Every result, once: X(name, number, text). The numbers are permanent: a code is never reused or renumbered,
 * new ones are added at the end.
 */
#define PERFADAPT_RESULT_MAP(X)                                                                                        \
    X(OK, 0, "success")                                                                                                \
    X(ERROR_INVALID, -1, "invalid argument")                                                                           \
    X(ERROR_ABI, -2, "struct size not understood: built against another perfadapt version")                            \
    X(ERROR_NO_MEMORY, -3, "out of memory")                                                                            \
    X(ERROR_SYSTEM, -4, "a system call failed")                                                                        \
    X(ERROR_NOT_FOUND, -5, "not found")                                                                                \
    X(ERROR_PERMISSION, -6, "permission denied")                                                                       \
    X(ERROR_UNSUPPORTED, -7, "not supported on this machine")                                                          \
    X(ERROR_VERSION, -8, "published by an incompatible perfadapt version")                                             \
    X(ERROR_CORRUPT, -9, "data is damaged")                                                                            \
    X(ERROR_AGAIN, -10, "no consistent data yet: try again")                                                           \
    X(ERROR_FORKED, -11, "the session belongs to the parent process")

/** What a call came to: 0 is success, every failure is negative. @since 0.1 */
enum perfadapt_result {
#define PERFADAPT_RESULT_ENUMERATOR(name, number, text) PERFADAPT_##name = (number),
    PERFADAPT_RESULT_MAP(PERFADAPT_RESULT_ENUMERATOR)
#undef PERFADAPT_RESULT_ENUMERATOR
};

/**
 * The text of a result, in English, without a newline.
 *
 * @param result any value; one that is no known code gives "unknown result".
 * @return a static string, never NULL. Do not free it.
 * @threadsafety Any thread, at any time.
 * @since 0.1
 */
PERFADAPT_API const char *perfadapt_strerror(enum perfadapt_result result);

#ifdef __cplusplus
}
#endif

#endif
