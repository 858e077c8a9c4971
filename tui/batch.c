/* Samples on standard output. SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "document.h"
#include "report.h"
#include "sensors.h"
#include "text.h"

enum { FIRST_SAMPLE_WAIT_MS = 500 };

/* Returns 0, or what errno says. */
static int write_all(const char *bytes, size_t length) {
    while (length > 0) {
        const ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

static int write_text(const struct model *model, bool ascii) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return ENOMEM;
    }
    report_write(model, out);
    if (fclose(out) != 0) {
        free(text);
        return ENOMEM;
    }
    if (ascii) {
        text_to_ascii(text);
    }
    const int error = write_all(text, strlen(text));
    free(text);
    return error;
}

static int write_json(const struct model *model, struct json *json) {
    json_clear(json);
    document_write(model, json);
    return json->failed ? ENOMEM : write_all(json->text, json->length);
}

static void advance(struct timespec *deadline, double seconds) {
    deadline->tv_sec += (time_t)seconds;
    deadline->tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (deadline->tv_nsec >= 1000000000) {
        deadline->tv_nsec -= 1000000000;
        ++deadline->tv_sec;
    }
}

static int write_samples(struct model *model, const struct options *options, bool ascii, struct json *json) {
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    for (long done = 0;;) {
        model_refresh(model, 0);
        sensors_collect(model);
        const int error = options->json ? write_json(model, json) : write_text(model, ascii);
        ++done;
        if (error != 0 || done == options->samples) {
            return error;
        }
        if (!options->json) {
            const int separator_error = write_all("\n", 1);
            if (separator_error != 0) {
                return separator_error;
            }
        }
        advance(&deadline, options->period_s);
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
        }
    }
}

int batch_run(struct model *model, const struct options *options, bool ascii) {
    signal(SIGPIPE, SIG_IGN);
    model_wait_first(model, FIRST_SAMPLE_WAIT_MS);
    struct json json;
    json_init(&json);
    const int error = write_samples(model, options, ascii, &json);
    json_finish(&json);
    if (error == 0 || error == EPIPE) {
        return EXIT_CODE_OK;
    }
    fprintf(stderr, "perfadapt-top: cannot write to standard output: %s\n", strerror(error));
    return EXIT_CODE_ENVIRONMENT;
}
