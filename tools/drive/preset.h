/* Preset files: profiles/presets/NAME.ini. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_DRIVE_PRESET_H
#define PERFADAPT_TOOLS_DRIVE_PRESET_H

#include "config/settings.h"
#include "drive/reason.h"

#include <stdio.h>

enum drive_preset_result {
    DRIVE_PRESET_READ = 0,
    DRIVE_PRESET_UNKNOWN = 1, /* no preset of this name */
    DRIVE_PRESET_BROKEN = 2   /* it is there and cannot be read, or holds what it may not */
};

/* Sets what the preset says; a name with a "/" or ".ini" is a file's path. Anything but READ has a reason. */
enum drive_preset_result drive_preset_read(const char *name, struct perfadapt__settings *settings,
                                           char out_reason[DRIVE_REASON_MAX]);

/* Names of those that come with perfadapt, parted by blanks, on one line. */
void drive_preset_print_names(FILE *stream);

#endif
