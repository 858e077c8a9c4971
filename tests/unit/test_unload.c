/* A plugin host loads the library, uses it, and unloads it while the sampler thread may be inside. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <perfadapt/perfadapt.h>
#include <string.h>

struct functions {
    enum perfadapt_result (*open)(const struct perfadapt_options *, perfadapt **);
    void (*close)(perfadapt **);
    uint64_t (*frame_begin)(perfadapt *);
    void (*frame_end)(perfadapt *);
};

/* POSIX lets a function's address travel through void *, ISO C does not: hence memcpy. */
static void find(void *library, const char *name, void *out_function) {
    void *address = dlsym(library, name);
    assert_non_null(address);
    memcpy(out_function, &address, sizeof address);
}

static void library_can_be_unloaded_at_any_time(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        void *library = dlopen(PERFADAPT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
        assert_non_null(library);
        struct functions functions;
        find(library, "perfadapt_open", &functions.open);
        find(library, "perfadapt_close", &functions.close);
        find(library, "perfadapt_frame_begin", &functions.frame_begin);
        find(library, "perfadapt_frame_end", &functions.frame_end);
        perfadapt *session = NULL;
        assert_int_equal(functions.open(NULL, &session), PERFADAPT_OK);
        functions.frame_begin(session);
        functions.frame_end(session);
        if (i % 2)
            functions.close(&session); /* else it is left open: the thread goes on in code that must stay */
        assert_int_equal(dlclose(library), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(library_can_be_unloaded_at_any_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
