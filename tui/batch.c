/* Samples on standard output. SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "csv.h"
#include "document.h"
#include "moment.h"
#include "recorder.h"
#include "report.h"
#include "sensors.h"
#include "tape_file.h"
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

static int report_end(int error) {
    if (error == 0 || error == EPIPE) {
        return EXIT_CODE_OK;
    }
    fprintf(stderr, "perfadapt-top: cannot write to standard output: %s\n", strerror(error));
    return EXIT_CODE_ENVIRONMENT;
}

/* What is printed does not depend on it: where it fails, that is said once, and no more is recorded. */
static void record(struct recorder *recorder, struct tape *tape, const struct model *model) {
    if (recorder->fd >= 0 && (!tape_encode(tape, model) || !recorder_write(recorder, tape, model->now_ns))) {
        fprintf(stderr, "perfadapt-top: recording ended: %s: %s\n", recorder->path, strerror(errno));
        recorder_stop(recorder);
    }
}

static int write_samples(struct model *model, const struct options *options, bool ascii, struct recorder *recorder) {
    struct timespec deadline;
    struct json json;
    struct tape tape;
    int64_t first_ns = 0;
    int error = 0;
    json_init(&json);
    tape_init(&tape);
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    for (long done = 0;;) {
        model_refresh(model, 0);
        sensors_collect(model);
        record(recorder, &tape, model);
        first_ns = done == 0 ? model->now_ns : first_ns;
        error = write_sample(model, options, ascii, &json, first_ns);
        ++done;
        if (error != 0 || done == options->samples) {
            break;
        }
        advance(&deadline, options->period_s);
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
        }
    }
    tape_finish(&tape);
    json_finish(&json);
    return error;
}

int batch_run(struct model *model, const struct options *options, bool ascii) {
    struct recorder recorder = {.fd = -1};
    const int refused = options->record == NULL ? -1 : recorder_start_named(&recorder, options->record);
    if (refused >= 0) {
        return refused;
    }
    model_wait_first(model, FIRST_SAMPLE_WAIT_MS);
    const int error = write_samples(model, options, ascii, &recorder);
    recorder_stop(&recorder);
    return report_end(error);
}

/* Returns the exit code. */
static int write_moments(struct model *model, const struct tape *tape, const struct options *options, bool ascii) {
    struct tape_place place;
    struct json json;
    int64_t first_ns = 0;
    int error = 0;
    bool read = true;
    tape_place_init(&place);
    json_init(&json);
    const long most = options->samples > 0 ? options->samples : LONG_MAX;
    size_t at = options->batch ? 0 : tape->count - 1;
    for (long done = 0; at < tape->count && done < most && error == 0 && read; ++at, ++done) {
        read = tape_go(tape, &place, at) && moment_show(place.moment, model);
        first_ns = done == 0 ? model->now_ns : first_ns;
        error = read ? write_sample(model, options, ascii, &json, first_ns) : 0;
    }
    json_finish(&json);
    tape_place_finish(&place);
    if (!read) {
        fprintf(stderr, "perfadapt-top: %s: moment %zu cannot be read\n", options->replay, at);
        return EXIT_CODE_ENVIRONMENT;
    }
    return report_end(error);
}

int batch_replay(const struct options *options, bool ascii) {
    char note[TAPE_NOTE_MAX];
    struct tape tape;
    const bool opened = tape_file_open(options->replay, &tape, note);
    if (note[0] != '\0') {
        fprintf(stderr, "perfadapt-top: %s: %s\n", options->replay, note);
    }
    if (!opened) {
        return EXIT_CODE_ENVIRONMENT;
    }
    struct model *model = model_create_empty();
    int code = EXIT_CODE_ENVIRONMENT;
    if (model != NULL) {
        model->source.file = options->replay;
        code = write_moments(model, &tape, options, ascii);
    } else {
        fprintf(stderr, "perfadapt-top: %s: %s\n", options->replay, strerror(ENOMEM));
    }
    model_destroy(model);
    tape_finish(&tape);
    return code;
}
