/* One session of a recording: what the records up to here say of it. SPDX-License-Identifier: MIT */
#ifndef TUI_SESSION_RECORD_H
#define TUI_SESSION_RECORD_H

#include "model.h"

#include "record/replayer.h"

/* Room for as many again, so that frames are moved seldom. */
#define SESSION_FRAMES_KEPT ((size_t)2 * PERFADAPT_FRAMES_MAX)

struct session_record {
    int64_t opened_ns; /* 0 = before the recording begins */
    size_t frame_count;
    struct perfadapt_frame frames[SESSION_FRAMES_KEPT]; /* the newest, oldest first */
};

/* When it was; 0 = it does not say. */
int64_t session_record_time_ns(const struct perfadapt__recorded *record);

/* The model gets one app, which is that of the header. False where there is no memory. */
bool session_record_begin(struct model *model, const struct perfadapt__record_header *header);

/* After the replayer has taken a record: keeps what the model is to show of it. */
void session_record_take(struct session_record *session, struct model *model,
                         const struct perfadapt__replayer *replayer, const struct perfadapt__recorded *record);

/* The app as it was at now_ns, with its frames and their statistics. */
void session_record_fill(const struct session_record *session, struct model *model,
                         const struct perfadapt__replayer *replayer, int64_t now_ns);

#endif
