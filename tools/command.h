/* The sub-commands of `perfadapt`: each takes its own name as argv[0] and returns the exit code.
 * SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_COMMAND_H
#define PERFADAPT_TOOLS_COMMAND_H

enum {
    EXIT_CODE_OK = 0,
    EXIT_CODE_CHECK = 1,      /* the check failed */
    EXIT_CODE_USAGE = 2,      /* the command line was wrong */
    EXIT_CODE_ENVIRONMENT = 3 /* an unreadable file, no such device, no memory */
};

int config_main(int argc, char **argv);
int drive_main(int argc, char **argv);
int profile_main(int argc, char **argv);
int record_main(int argc, char **argv);
int replay_main(int argc, char **argv);
int sensors_main(int argc, char **argv);
int sim_main(int argc, char **argv);

#endif
