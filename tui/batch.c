/* Samples on standard output. SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "csv.h"
#include "document.h"
#include "report.h"
#include "sensors.h"
#include "text.h"

enum { FIRST_SAMPLE_WAIT_MS = 500 };

/* A pipe that does not block, because its other end wants it so, is waited for. Returns 0, or what errno says. */
static int write_all(const char *bytes, size_t length) {
    while (length > 0) {
        const ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return errno;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

static int write_text(const struct model *model, bool ascii, bool separated) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return ENOMEM;
    }
    if (separated) {
        fputc('\n', out);
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

static int write_csv(const struct model *model, int64_t first_ns) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return ENOMEM;
    }
    if (first_ns == model->now_ns) {
        csv_write_heading(out);
    }
    csv_write_sample(model, first_ns, out);
    const int error = fclose(out) == 0 ? write_all(text, length) : ENOMEM;
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

static int write_sample(const struct model *model, const struct options *options, bool ascii, struct json *json,
                        int64_t first_ns) {
    if (options->json) {
        return write_json(model, json);
    }
    return options->csv ? write_csv(model, first_ns) : write_text(model, ascii, first_ns != model->now_ns);
}

/* Each sample is written at once, and by itself. */
static int write_samples(struct model *model, const struct options *options, bool ascii, struct json *json) {
    struct timespec deadline;
    int64_t first_ns = 0;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    for (long done = 0;;) {
        model_refresh(model, 0);
        sensors_collect(model);
        first_ns = done == 0 ? model->now_ns : first_ns;
        const int error = write_sample(model, options, ascii, json, first_ns);
        ++done;
        if (error != 0 || done == options->samples) {
            return error;
        }
        advance(&deadline, options->period_s);
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
        }
    }
}

int batch_run(struct model *model, const struct options *options, bool ascii) {
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
