/* perfadapt: finds the sub-command and hands over to it. SPDX-License-Identifier: MIT */
#include <perfadapt/version.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
};

static const struct command commands[] = {
    {"config", config_main, "what the configuration files come to, and what is wrong with them"},
    {"drive", drive_main, "the controller as a filter: one line out for each line in"},
    {"profile", profile_main, "what this machine is, which preset fits it, and why"},
    {"record", record_main, "what a session's controller consumes and decides, into a file"},
    {"replay", replay_main, "what the controller would have asked for, from a recording or a log"},
    {"sensors", sensors_main, "what is read of this machine, and what of it is believed"},
    {"sim", sim_main, "try policies on simulated machines and scenes"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_usage(FILE *stream) {
    fputs("Usage: perfadapt COMMAND [OPTIONS]\n"
          "       perfadapt --help | --version\n"
          "\nCommands (perfadapt COMMAND --help tells more):\n",
          stream);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].text);
}

/* What was printed must have arrived: a full disk is not success. */
static int flushed(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("perfadapt: standard output");
    return code == EXIT_CODE_OK ? EXIT_CODE_ENVIRONMENT : code;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_CODE_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return flushed(EXIT_CODE_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("perfadapt " PERFADAPT_VERSION_STRING);
        return flushed(EXIT_CODE_OK);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return flushed(commands[i].run(argc - 1, argv + 1));
    fprintf(stderr, "perfadapt: no command \"%s\"; perfadapt --help lists them\n", argv[1]);
    return EXIT_CODE_USAGE;
}
