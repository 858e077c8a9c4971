/*
 * perfadapt-probe: asks what may crash, hang or end a process, in a process of its own. SPDX-License-Identifier: MIT
 */
#include "probe/process.h"
#include "probe/run.h"
#include "probe/vulkan.h"

#include <errno.h>
#include <string.h>

int main(int argc, char **argv) {
    struct probe_options options;
    probe_process_streams();
    const int code = probe_options_parse(argc, argv, &options);
    if (code >= 0)
        return code;
    if (!probe_process_prepare(options.timeout_s))
        return probe_fail("timer", strerror(errno));
    return probe_run(&options, probe_vulkan_enumerate);
}
