/* All that is shown of one refresh, and its way into bytes and back. SPDX-License-Identifier: MIT
 *
 * The bytes say how a moment differs from the one before, or from nothing: a key moment, which can be read alone. They
 * are in the machine's byte order, and of this build's structs: moment_layout() tells builds apart. */
#ifndef TUI_MOMENT_H
#define TUI_MOMENT_H

#include "delta.h"
#include "model.h"

#define MOMENT_APPS_MAX SESSION_DIRECTORY_WATCHED_MAX

struct moment_head {
    int64_t now_ns;
    int64_t realtime_ns;
    double self_percent;
    uint64_t frames_of; /* key of the session whose frames these are */
    int32_t sessions_result;
    int32_t snapshot_result;
    char host[66];
    uint16_t directory_error;
    uint32_t apps_left_out;
    struct policy policy;
};

struct moment {
    struct moment_head head;
    struct perfadapt_snapshot snapshot;
    struct model_apps apps;
    size_t frame_count;
    struct perfadapt_frame frames[PERFADAPT_FRAMES_MAX];
};

/* NULL where there is no memory. Of an app's `simulated`, as in a model, NULL is none. */
struct moment *moment_create(void);
void moment_destroy(struct moment *moment);

/* What came before a key moment: nothing. */
void moment_clear(struct moment *moment);

/* False where there is no memory. */
bool moment_copy_model(struct moment *moment, const struct model *model);

/* The model shows this moment, as the next after the one that it showed; its histories and events grow by it. */
bool moment_show(const struct moment *moment, struct model *model);

void moment_encode(struct delta_writer *writer, const struct moment *before, const struct moment *now);

/* *in_out was the moment before. False where the bytes hold none: *in_out is then to be cleared. What they hold is made
 * fit to be shown, whoever wrote it. */
bool moment_decode(struct moment *in_out, const unsigned char *bytes, size_t length);

/* A number that changes with the structs that moments consist of. */
uint64_t moment_layout(void);

#endif
