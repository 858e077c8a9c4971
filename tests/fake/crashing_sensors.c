/* A libsensors that crashes, to be preloaded before the real one. SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>

__attribute__((visibility("default"))) int sensors_init(FILE *input);

int sensors_init(FILE *input) {
    (void)input;
    signal(SIGSEGV, SIG_DFL);
    return raise(SIGSEGV);
}
