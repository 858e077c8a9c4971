/* What a user of an installed copy builds, as C11 and as C++17. SPDX-License-Identifier: MIT */
#include <perfadapt/monitor.h>
#include <perfadapt/perfadapt.h>

#include <stdio.h>
#include <string.h>

static int run_session(void) {
    struct perfadapt_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.app_name = "consumer";
    options.quality_levels = 5;
    options.outputs = PERFADAPT_OUTPUT_QUALITY;
    perfadapt *session = NULL;
    const enum perfadapt_result result = perfadapt_open(&options, &session);
    if (result != PERFADAPT_OK) {
        fprintf(stderr, "perfadapt_open: %s\n", perfadapt_strerror(result));
        return 1;
    }
    struct perfadapt_budget budget;
    memset(&budget, 0, sizeof budget);
    budget.size = sizeof budget;
    for (int i = 0; i < 3; i++) {
        perfadapt_frame_begin(session);
        perfadapt_get_budget(session, &budget);
        perfadapt_frame_end(session);
    }
    perfadapt_close(&session);
    return session != NULL || budget.quality_levels != 5;
}

int main(void) {
    if (strcmp(perfadapt_version(), PERFADAPT_VERSION_STRING) != 0) {
        fprintf(stderr, "header %s, library %s\n", PERFADAPT_VERSION_STRING, perfadapt_version());
        return 1;
    }
    return run_session();
}
