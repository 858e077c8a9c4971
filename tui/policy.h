/* What the configuration asks of sessions on this machine. SPDX-License-Identifier: MIT */
#ifndef TUI_POLICY_H
#define TUI_POLICY_H

#define POLICY_WORD_MAX 16

/* Words of the configuration, its defaults where no file says more; "" = not known. What [app NAME] sections say is left
 * out: it holds for that app alone. */
struct policy {
    char prefer[POLICY_WORD_MAX]; /* policy.prefer: "framerate", "quality", "quiet", "battery" */
    char mode[POLICY_WORD_MAX];   /* policy.mode: "auto", "fixed", "off" */
};

struct policy_reader;

/* The files below `sysroot`, NULL = "/"; the user's only of this machine. NULL where they cannot be read. */
struct policy_reader *policy_reader_open(const char *sysroot);
void policy_reader_close(struct policy_reader *reader); /* NULL does nothing */

/* Reads the files where one has changed since the last call. NULL reads nothing. */
void policy_reader_refresh(struct policy_reader *reader, struct policy *policy);

#endif
