/* perfadapt replay: what the controller would have done with what a file tells. SPDX-License-Identifier: MIT */
#include "drive/input.h"
#include "replay/import.h"
#include "replay/options.h"
#include "replay/recording.h"

#include "command.h"
#include "command_line.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int refuse(const char *path) {
    fprintf(stderr, "perfadapt replay: %s: %s\n", path, strerror(errno));
    return EXIT_CODE_ENVIRONMENT;
}

/* The first bytes, fewer where there are no more; below 0: errno. */
static ssize_t read_beginning(int fd, char *out_bytes, size_t wanted) {
    size_t count = 0;
    while (count < wanted) {
        const ssize_t more = drive_input_read(fd, out_bytes + count, wanted - count);
        if (more <= 0)
            return more < 0 ? -1 : (ssize_t)count;
        count += (size_t)more;
    }
    return (ssize_t)count;
}

/* What was read to look at it is put back: into the file, or before what is left of a pipe. */
static bool put_back(FILE *file, const char *bytes, size_t count) {
    if (fseek(file, -(long)count, SEEK_CUR) == 0)
        return true;
    while (count > 0)
        if (ungetc((unsigned char)bytes[--count], file) == EOF)
            return false;
    return true;
}

static int replay_as_recording(const struct replay_options *options, int fd, const char *bytes, size_t count) {
    if (options->columns || options->only) {
        command_line_refuse("replay", options->columns ? "--columns is for logs of others; a recording has no columns"
                                                       : "--only is for logs of others; a recording has no columns");
        return EXIT_CODE_USAGE;
    }
    const int own = dup(fd);
    FILE *file = own >= 0 ? fdopen(own, "r") : NULL;
    if (!file || !put_back(file, bytes, count)) {
        const int code = refuse(options->path);
        if (file)
            fclose(file);
        else if (own >= 0)
            close(own);
        return code;
    }
    const int code = replay_recording(options, file, options->path);
    fclose(file);
    return code;
}

/* What was said of the policy makes none, or names a file that cannot be read. */
static int refuse_policy(enum drive_options_result result, const char *reason) {
    if (result == DRIVE_OPTIONS_WRONG) {
        command_line_refuse("replay", reason);
        return EXIT_CODE_USAGE;
    }
    fprintf(stderr, "perfadapt replay: %s\n", reason);
    return EXIT_CODE_ENVIRONMENT;
}

/* Where the words are wrong for an import, and nothing says that they are about anything else. */
static int refuse_unread(const struct replay_options *options) {
    const int code = refuse(options->path);
    return options->judged == DRIVE_OPTIONS_READ ? code : refuse_policy(options->judged, options->policy_reason);
}

static int replay(const struct replay_options *options, int fd) {
    char bytes[REPLAY_RECORDING_MAGIC_BYTES];
    const ssize_t count = read_beginning(fd, bytes, sizeof bytes);
    if (count < 0)
        return refuse_unread(options);
    const bool recording = count == (ssize_t)sizeof bytes && memcmp(bytes, REPLAY_RECORDING_MAGIC, sizeof bytes) == 0;
    if (options->format == REPLAY_FORMAT_PERFADAPT || (options->format == REPLAY_FORMAT_AUTO && recording))
        return replay_as_recording(options, fd, bytes, (size_t)count);
    if (options->judged != DRIVE_OPTIONS_READ)
        return refuse_policy(options->judged, options->policy_reason);
    return replay_import(options, fd, bytes, (size_t)count);
}

int replay_main(int argc, char **argv) {
    struct replay_options options;
    char reason[DRIVE_REASON_MAX];
    const enum drive_options_result result = replay_options_read(argc, argv, &options, reason);
    switch (result) {
    case DRIVE_OPTIONS_HELP:
        replay_options_print_help(stdout);
        return EXIT_CODE_OK;
    case DRIVE_OPTIONS_READ:
        break;
    default:
        return refuse_policy(result, reason);
    }
    signal(SIGPIPE, SIG_IGN); /* printing tells */
    const bool standard = strcmp(options.path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(options.path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const int code = fd < 0 ? refuse_unread(&options) : replay(&options, fd);
    if (fd >= 0 && !standard)
        close(fd);
    replay_options_finish(&options);
    return code;
}
