/* perfadapt drive: the controller as a filter, one line out for each line in. SPDX-License-Identifier: MIT */
#include "drive/answer.h"
#include "drive/input.h"
#include "drive/options.h"
#include "drive/stream.h"

#include "command.h"
#include "command_line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct drive {
    struct drive_input input;
    struct drive_stream stream;
    struct drive_answer answer;
    bool refused; /* a line was */
};

/* Straight to the descriptor, so that each answer is out before the next line is read. */
static bool write_line(const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        const ssize_t count = write(STDOUT_FILENO, text, length);
        if (count < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
        else if (count < 0 && errno != EINTR)
            return false;
        if (count > 0) {
            text += count;
            length -= (size_t)count;
        }
    }
    return true;
}

static bool take(struct drive *drive, enum drive_input_result read, char *text, size_t length, char *reason) {
    struct drive_line line;
    if (read == DRIVE_INPUT_TOO_LONG)
        return drive_refuse("line too long", reason);
    return drive_line_parse(text, length, &line, reason) && drive_stream_take(&drive->stream, &line, reason);
}

/* A reader that has gone is not worth a message. */
static int output_failed(void) {
    if (errno != EPIPE)
        perror("perfadapt drive: standard output");
    return EXIT_CODE_ENVIRONMENT;
}

static int run(struct drive *drive) {
    for (;;) {
        char *text;
        size_t length;
        char reason[DRIVE_REASON_MAX];
        char line[DRIVE_ANSWER_MAX];
        const enum drive_input_result read = drive_input_next(&drive->input, &text, &length);
        if (read == DRIVE_INPUT_END)
            return drive->refused ? EXIT_CODE_CHECK : EXIT_CODE_OK;
        if (read == DRIVE_INPUT_FAILED) {
            perror("perfadapt drive: standard input");
            return EXIT_CODE_ENVIRONMENT;
        }
        if (take(drive, read, text, length, reason)) {
            drive_answer_budget(&drive->answer, &drive->stream.decider.arbiter.budget, line);
        } else {
            drive_answer_error(reason, line);
            drive->refused = true;
        }
        if (!write_line(line))
            return output_failed();
    }
}

int drive_main(int argc, char **argv) {
    struct drive drive = {.refused = false};
    struct perfadapt__policy policy;
    char reason[DRIVE_REASON_MAX];
    switch (drive_options_read(argc, argv, &policy, reason)) {
    case DRIVE_OPTIONS_HELP:
        drive_options_print_help(stdout);
        return EXIT_CODE_OK;
    case DRIVE_OPTIONS_WRONG:
        command_line_refuse("drive", reason);
        return EXIT_CODE_USAGE;
    case DRIVE_OPTIONS_UNREADABLE:
        fprintf(stderr, "perfadapt drive: %s\n", reason);
        return EXIT_CODE_ENVIRONMENT;
    default:
        break;
    }
    signal(SIGPIPE, SIG_IGN); /* write tells */
    drive_input_init(&drive.input, STDIN_FILENO);
    drive_stream_init(&drive.stream, &policy);
    drive_answer_init(&drive.answer);
    return run(&drive);
}
