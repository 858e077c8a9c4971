/* The foundations: seqlock, ring, numbers, files below a root, struct versions. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/abi.h"
#include "core/fs.h"
#include "core/ring.h"
#include "core/seqlock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <perfadapt/error.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- seqlock --- */

#define WORDS 16

struct guarded {
    struct perfadapt__seqlock lock;
    _Atomic uint64_t words[WORDS];
    atomic_bool stop;
};

static void *write_equal_words(void *context) {
    struct guarded *guarded = context;
    for (uint64_t i = 1; !atomic_load_explicit(&guarded->stop, memory_order_relaxed); i++) {
        uint64_t values[WORDS];
        for (size_t j = 0; j < WORDS; j++)
            values[j] = i;
        perfadapt__seqlock_write(&guarded->lock, guarded->words, values, sizeof values);
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

static void seqlock_is_never_torn(void **state) {
    (void)state;
    static struct guarded guarded;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_equal_words, &guarded), 0);
    uint64_t last = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t values[WORDS];
        if (!perfadapt__seqlock_read(&guarded.lock, guarded.words, values, sizeof values, 100))
            continue;
        for (size_t j = 1; j < WORDS; j++)
            assert_int_equal(values[j], values[0]);
        assert_true(values[0] >= last);
        last = values[0];
    }
    atomic_store(&guarded.stop, true);
    pthread_join(thread, NULL);
}

static void seqlock_of_a_dead_writer(void **state) {
    (void)state;
    struct guarded guarded = {.stop = false};
    uint64_t values[WORDS] = {1};
    perfadapt__seqlock_write_begin(&guarded.lock);
    assert_false(perfadapt__seqlock_read(&guarded.lock, guarded.words, values, sizeof values, 10));
    perfadapt__seqlock_write(&guarded.lock, guarded.words, values, sizeof values); /* its successor */
    assert_true(perfadapt__seqlock_read(&guarded.lock, guarded.words, values, sizeof values, 1));
    assert_false(perfadapt__seqlock_read(&guarded.lock, guarded.words, values, sizeof values, 0));
}

static void seqlock_of_odd_sizes(void **state) {
    (void)state;
    _Atomic uint64_t words[3] = {0};
    for (size_t bytes = 0; bytes <= 20; bytes++) {
        char out[24] = "xxxxxxxxxxxxxxxxxxxxxxx";
        perfadapt__seqlock_store(words, "abcdefghijklmnopqrstuvwx", bytes);
        perfadapt__seqlock_load(words, out, bytes);
        assert_memory_equal(out, "abcdefghijklmnopqrstuvwx", bytes);
        assert_int_equal(out[bytes], 'x');
    }
}

/* --- ring --- */

static void ring_keeps_order_and_bounds(void **state) {
    (void)state;
    static struct perfadapt__ring ring;
    perfadapt__ring_init(&ring);
    uint64_t item = 0;
    assert_false(perfadapt__ring_pop(&ring, &item, sizeof item));
    for (uint64_t round = 0; round < 5; round++) {
        for (uint64_t i = 0; i < PERFADAPT__RING_CAPACITY; i++) {
            const uint64_t pushed = round * 1000 + i;
            assert_true(perfadapt__ring_push(&ring, &pushed, sizeof pushed));
        }
        assert_false(perfadapt__ring_push(&ring, &item, sizeof item));
        for (uint64_t i = 0; i < PERFADAPT__RING_CAPACITY; i++) {
            assert_true(perfadapt__ring_pop(&ring, &item, sizeof item));
            assert_int_equal(item, round * 1000 + i);
        }
        assert_false(perfadapt__ring_pop(&ring, &item, sizeof item));
    }
}

enum { PRODUCERS = 4, ITEMS = 5000 };

struct message {
    uint64_t producer;
    uint64_t number;
};

struct producer {
    struct perfadapt__ring *ring;
    uint64_t id;
};

static void *produce(void *context) {
    const struct producer *producer = context;
    for (uint64_t i = 0; i < ITEMS; i++) {
        const struct message message = {.producer = producer->id, .number = i};
        while (!perfadapt__ring_push(producer->ring, &message, sizeof message))
            sched_yield();
    }
    return NULL;
}

static void ring_with_many_producers(void **state) {
    (void)state;
    static struct perfadapt__ring ring;
    perfadapt__ring_init(&ring);
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (uint64_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.ring = &ring, .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    uint64_t next[PRODUCERS] = {0};
    for (size_t taken = 0; taken < PRODUCERS * ITEMS;) {
        struct message message;
        if (!perfadapt__ring_pop(&ring, &message, sizeof message)) {
            sched_yield();
            continue;
        }
        assert_true(message.producer < PRODUCERS);
        assert_int_equal(message.number, next[message.producer]++);
        taken++;
    }
    for (size_t i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
}

/* --- numbers --- */

static void unsigned_numbers(void **state) {
    (void)state;
    uint64_t value = 7;
    const char *text = " \t18446744073709551615kB";
    assert_true(perfadapt__fs_parse_u64(&text, &value));
    assert_true(value == UINT64_MAX);
    assert_string_equal(text, "kB");
    static const char *const bad[] = {"", " ", "-1", "x1", "18446744073709551616", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        text = bad[i];
        value = 7;
        assert_false(perfadapt__fs_parse_u64(&text, &value));
        assert_ptr_equal(text, bad[i]);
        assert_int_equal(value, 7);
    }
}

static void signed_numbers(void **state) {
    (void)state;
    int64_t value = 7;
    const char *text = "-20000\n";
    assert_true(perfadapt__fs_parse_i64(&text, &value));
    assert_int_equal(value, -20000);
    assert_string_equal(text, "\n");
    text = "+9223372036854775807";
    assert_true(perfadapt__fs_parse_i64(&text, &value));
    assert_int_equal(value, INT64_MAX);
    static const char *const bad[] = {"", "-", "--1", "- 1", "+", "9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        text = bad[i];
        assert_false(perfadapt__fs_parse_i64(&text, &value));
        assert_ptr_equal(text, bad[i]);
    }
}

static void decimal_numbers(void **state) {
    (void)state;
    double value = 0;
    const char *text = " 12.34 avg60=0.00";
    assert_true(perfadapt__fs_parse_decimal(&text, &value));
    assert_true(value > 12.3399999 && value < 12.3400001);
    assert_string_equal(text, " avg60=0.00");
    text = "7";
    assert_true(perfadapt__fs_parse_decimal(&text, &value));
    assert_true(value > 6.9999999 && value < 7.0000001);
    text = ".5";
    assert_false(perfadapt__fs_parse_decimal(&text, &value));
    text = "nan";
    assert_false(perfadapt__fs_parse_decimal(&text, &value));
}

static void hexadecimal_numbers(void **state) {
    (void)state;
    uint32_t value = 7;
    const char *text = "1aFz";
    assert_true(perfadapt__fs_parse_hex(&text, &value));
    assert_int_equal(value, 0x1af);
    assert_string_equal(text, "z");
    assert_false(perfadapt__fs_parse_hex(&text, &value));
    assert_string_equal(text, "z");
    text = "ffffffff0"; /* eight digits */
    assert_true(perfadapt__fs_parse_hex(&text, &value));
    assert_true(value == UINT32_MAX);
    assert_string_equal(text, "0");
    static const char *const none[] = {"", " 1", "-1", "@", "`", "G", "/", ":"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(perfadapt__fs_parse_hex(&(const char *){none[i]}, &value));
}

static void trimming(void **state) {
    (void)state;
    char text[] = "  k10temp \r\n\t ";
    perfadapt__fs_trim(text);
    assert_string_equal(text, "  k10temp");
    char blank[] = " \n";
    perfadapt__fs_trim(blank);
    assert_string_equal(blank, "");
}

static void reasons_of_errno(void **state) {
    (void)state;
    assert_int_equal(perfadapt__fs_why(-ENOENT), PERFADAPT_WHY_MISSING);
    assert_int_equal(perfadapt__fs_why(-EACCES), PERFADAPT_WHY_DENIED);
    assert_int_equal(perfadapt__fs_why(-ENODEV), PERFADAPT_WHY_VANISHED);
    assert_int_equal(perfadapt__fs_why(-EAGAIN), PERFADAPT_WHY_BUSY);
    assert_int_equal(perfadapt__fs_why(-EIO), PERFADAPT_WHY_IO_ERROR);
}

/* --- files below a root --- */

static char base[64];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void write_file(const char *name, const char *content) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", base, name);
    const int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

static void make_link(const char *target, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", base, name);
    assert_int_equal(symlink(target, path), 0);
}

/* base/secret and base/root/{file,inside,up,absolute,climb} */
static int make_tree(void **state) {
    (void)state;
    strcpy(base, "/tmp/perfadapt-core-XXXXXX");
    assert_non_null(mkdtemp(base));
    char root[96];
    snprintf(root, sizeof root, "%s/root", base);
    assert_int_equal(mkdir(root, 0700), 0);
    write_file("secret", "outside");
    write_file("root/file", "inside\n");
    make_link("file", "root/inside");
    make_link("/file", "root/absolute");
    make_link("../secret", "root/up");
    make_link("../../../../../../../../file", "root/climb");
    return 0;
}

static int remove_tree(void **state) {
    (void)state;
    return nftw(base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static struct perfadapt__root open_root(void) {
    char path[96];
    snprintf(path, sizeof path, "%s/root", base);
    struct perfadapt__root root;
    assert_int_equal(perfadapt__root_open(path, &root), PERFADAPT_OK);
    assert_true(root.confined);
    return root;
}

static void reading_below_a_root(void **state) {
    (void)state;
    struct perfadapt__root root = open_root();
    char text[32];
    assert_int_equal(perfadapt__fs_read_once(&root, "/file", text, sizeof text), 7);
    assert_string_equal(text, "inside\n");
    assert_int_equal(perfadapt__fs_read_once(&root, "///file", text, 4), 3);
    assert_string_equal(text, "ins");
    assert_int_equal(perfadapt__fs_read_once(&root, "/none", text, sizeof text), -ENOENT);
    assert_string_equal(text, "");
    assert_int_equal(perfadapt__fs_readlink(&root, "/inside", text, sizeof text), 4);
    assert_string_equal(text, "file");
    assert_true(perfadapt__fs_readlink(&root, "/file", text, sizeof text) < 0);
    const int fd = perfadapt__root_openat(&root, "/", O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
    perfadapt__root_close(&root);
    assert_int_equal(root.fd, -1);
    perfadapt__root_close(&root);
}

static void links_stay_inside(void **state) {
    (void)state;
    struct perfadapt__root root = open_root();
    char text[32];
    static const char *const inside[] = {"/inside", "/absolute", "/climb", "/../file"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        assert_int_equal(perfadapt__fs_read_once(&root, inside[i], text, sizeof text), 7);
        assert_string_equal(text, "inside\n");
    }
    assert_int_equal(perfadapt__fs_read_once(&root, "/up", text, sizeof text), -ENOENT);
    assert_int_equal(perfadapt__fs_read_once(&root, "/../secret", text, sizeof text), -ENOENT);
    perfadapt__root_close(&root);
}

static void roots_that_are_none(void **state) {
    (void)state;
    struct perfadapt__root root;
    assert_int_equal(perfadapt__root_open("/nonexistent", &root), PERFADAPT_ERROR_NOT_FOUND);
    assert_int_equal(perfadapt__root_open("/proc/self/status", &root), PERFADAPT_ERROR_NOT_FOUND);
    for (int i = 0; i < 3; i++) {
        const char *const machine[] = {NULL, "", "/"};
        assert_int_equal(perfadapt__root_open(machine[i], &root), PERFADAPT_OK);
        assert_false(root.confined);
        perfadapt__root_close(&root);
    }
}

/* --- struct versions --- */

struct sized {
    size_t size;
    uint64_t first;
    uint64_t second;
};

struct sized_newer {
    struct sized known;
    uint64_t third;
};

static void structs_taken_in(void **state) {
    (void)state;
    struct sized out;
    const struct sized same = {.size = sizeof same, .first = 1, .second = 2};
    assert_int_equal(perfadapt__abi_in(&same, &out, sizeof out), PERFADAPT_OK);
    assert_int_equal(out.second, 2);
    const struct sized older = {.size = offsetof(struct sized, second), .first = 1, .second = 2};
    assert_int_equal(perfadapt__abi_in(&older, &out, sizeof out), PERFADAPT_OK);
    assert_int_equal(out.size, sizeof out);
    assert_int_equal(out.first, 1);
    assert_int_equal(out.second, 0);
    struct sized_newer newer = {.known = {.size = sizeof newer, .first = 1}};
    assert_int_equal(perfadapt__abi_in(&newer, &out, sizeof out), PERFADAPT_OK);
    assert_int_equal(out.size, sizeof out);
    newer.third = 1;
    assert_int_equal(perfadapt__abi_in(&newer, &out, sizeof out), PERFADAPT_ERROR_ABI);
    static const size_t bad[] = {0, 1, sizeof(size_t) - 1, SIZE_MAX, (size_t)1 << 30};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct sized wrong = {.size = bad[i]};
        assert_int_equal(perfadapt__abi_in(&wrong, &out, sizeof out), PERFADAPT_ERROR_ABI);
    }
}

static void structs_given_out(void **state) {
    (void)state;
    const struct sized ours = {.size = sizeof ours, .first = 1, .second = 2};
    const size_t smallest = offsetof(struct sized, second);
    struct sized older = {.size = smallest, .second = 77};
    assert_int_equal(perfadapt__abi_out(&ours, &older, sizeof ours, smallest), PERFADAPT_OK);
    assert_int_equal(older.size, smallest);
    assert_int_equal(older.first, 1);
    assert_int_equal(older.second, 77); /* beyond what the caller knows */
    struct sized_newer newer = {.known = {.size = sizeof newer}, .third = 77};
    assert_int_equal(perfadapt__abi_out(&ours, &newer, sizeof ours, smallest), PERFADAPT_OK);
    assert_int_equal(newer.known.size, sizeof newer);
    assert_int_equal(newer.known.second, 2);
    assert_int_equal(newer.third, 0);
    struct sized wrong = {.size = smallest - 1};
    assert_int_equal(perfadapt__abi_out(&ours, &wrong, sizeof ours, smallest), PERFADAPT_ERROR_ABI);
    wrong.size = SIZE_MAX;
    assert_int_equal(perfadapt__abi_out(&ours, &wrong, sizeof ours, smallest), PERFADAPT_ERROR_ABI);
}

static void texts_of_results(void **state) {
    (void)state;
    assert_string_equal(perfadapt_strerror(PERFADAPT_OK), "success");
    assert_string_equal(perfadapt_strerror(PERFADAPT_ERROR_FORKED), "the session belongs to the parent process");
    assert_string_equal(perfadapt_strerror((enum perfadapt_result) - 1000), "unknown result");
    assert_string_equal(perfadapt_version(), PERFADAPT_VERSION_STRING);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seqlock_is_never_torn),
        cmocka_unit_test(seqlock_of_a_dead_writer),
        cmocka_unit_test(seqlock_of_odd_sizes),
        cmocka_unit_test(ring_keeps_order_and_bounds),
        cmocka_unit_test(ring_with_many_producers),
        cmocka_unit_test(unsigned_numbers),
        cmocka_unit_test(signed_numbers),
        cmocka_unit_test(decimal_numbers),
        cmocka_unit_test(hexadecimal_numbers),
        cmocka_unit_test(trimming),
        cmocka_unit_test(reasons_of_errno),
        IN_TREE(reading_below_a_root),
        IN_TREE(links_stay_inside),
        IN_TREE(roots_that_are_none),
        cmocka_unit_test(structs_taken_in),
        cmocka_unit_test(structs_given_out),
        cmocka_unit_test(texts_of_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
