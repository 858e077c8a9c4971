/* Graphics cards in a root directory made for a test, and recorded ones. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_GRAPHICS_H
#define PERFADAPT_TESTS_GRAPHICS_H

#include "fixture.h"

#define CARD_ID "0000:0b:00.0"
#define CARD_DEVICE "/sys/devices/pci0000:00/0000:00:03.1/0000:0b:00.0"

/* As sysfs has it: a device, card<number> below it, a link to that in the class, a link back. */
void graphics_add(struct fixture *fixture, const char *device, unsigned number, const char *uevent);

/* Files below CARD_DEVICE. */
void graphics_set(struct fixture *fixture, const char *file, const char *text);
void graphics_set_bytes(struct fixture *fixture, const char *file, const void *bytes, size_t length);

/* A read of the provider at a time in milliseconds, with what the context says beside it. */
void graphics_read(struct fixture *fixture, int64_t now_ms, bool frames_flow, bool resumed);

/* Tells whether files of CARD_DEVICE were opened or read, but for those that wake nothing. -1 where it cannot tell. */
int graphics_watch(struct fixture *fixture);
bool graphics_touched(int watch);

/* From now on a read of a file whose path ends so fails with that error, as a driver's would; NULL = none does. */
void graphics_break(const char *path_end, int error);

/* The gpu of that id; fails the test where there is none. */
struct perfadapt_gpu *graphics_gpu(struct fixture *fixture, const char *id);

/* The path of a recording; false where they are not at hand. */
bool graphics_recording(const char *below, char *out, size_t capacity);
/* Lays a recorded card out below the class; false where it is not at hand. */
bool graphics_lay_card(struct fixture *fixture, const char *tree, const char *card);

#endif
