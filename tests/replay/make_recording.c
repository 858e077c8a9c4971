/* A recording of a session that meets everything, from a generator: make_recording FILE. SPDX-License-Identifier: MIT */
#include "recorded_session.h"

#include "record/dump.h"

#include <unistd.h>

int main(int argc, char **argv) {
    static struct recorded_session session;
    const struct perfadapt__policy policy = loop_policy(9, LOOP_ALL_OUTPUTS);
    const struct perfadapt__record_origin origin = {.name = "made", .pid = 1};
    if (argc != 2)
        return 2;
    recorded_open(&session, &policy, 4711);
    recorded_run(&session, 110);
    const int fd = perfadapt__record_open(argv[1]);
    const bool written = fd >= 0 && perfadapt__record_dump(fd, recorded_ring(&session), &origin);
    if (fd >= 0)
        close(fd);
    recorded_close(&session);
    return written ? 0 : 3;
}
