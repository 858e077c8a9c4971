/* SPDX-License-Identifier: MIT */
#include "providers/heap.h"

#include "core/clock.h"
#include "providers/provider.h"

#include <dlfcn.h>
#include <string.h>

static const struct perfadapt__costly_rule rule = {
    .period_ns = 10 * PERFADAPT__NS_PER_S,
    .slow_above_ns = PERFADAPT__NS_PER_MS / 5,
    .slow_period_ns = 60 * PERFADAPT__NS_PER_S,
    .never_above_ns = 2 * PERFADAPT__NS_PER_MS,
};

/* Beside another allocator, a sanitizer's or jemalloc's, glibc's function tells of a heap that nobody uses. */
static bool same_object(const void *one, const void *other) {
    Dl_info first;
    Dl_info second;
    return one && other && dladdr(one, &first) && dladdr(other, &second) && first.dli_fbase == second.dli_fbase;
}

void perfadapt__heap_init(struct perfadapt__heap *heap) {
    *heap = (struct perfadapt__heap){.costly = {.rule = &rule}, .clock = perfadapt__thread_ns};
    const void *const ask = dlsym(RTLD_DEFAULT, "mallinfo2");
    if (same_object(ask, dlsym(RTLD_DEFAULT, "malloc")))
        memcpy(&heap->ask, &ask, sizeof heap->ask); /* ISO C converts no object pointer to a function's */
}

static void give_up(struct perfadapt__heap *heap, struct perfadapt_memory *memory) {
    heap->ask = NULL;
    memory->heap_used = perfadapt__metric_none(PERFADAPT_UNIT_BYTES, PERFADAPT_STATE_UNSUPPORTED);
    memory->heap_free = memory->heap_used;
}

/* It walks the lists of free pieces with each arena locked: 100 ms for half a million of them. A frame that allocates
 * would wait as long, so it is not asked while there are any. */
void perfadapt__heap_read(struct perfadapt__heap *heap, bool frames_flow, int64_t now_ns,
                          struct perfadapt_memory *memory) {
    if (frames_flow || !heap->ask || !perfadapt__costly_is_due(&heap->costly, 0, now_ns))
        return;
    const int64_t before_ns = heap->clock();
    const struct perfadapt__mallinfo2 info = heap->ask();
    perfadapt__costly_took(&heap->costly, heap->clock() - before_ns, now_ns);
    const size_t used = info.uordblks + info.hblkhd;
    if (heap->costly.never || (used == 0 && info.fordblks == 0)) {
        give_up(heap, memory);
        return;
    }
    memory->heap_used = perfadapt__metric_ok((double)used, PERFADAPT_UNIT_BYTES, now_ns);
    memory->heap_free = perfadapt__metric_ok((double)info.fordblks, PERFADAPT_UNIT_BYTES, now_ns);
}
