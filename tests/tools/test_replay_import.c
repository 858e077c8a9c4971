/* Logs of others, from their text to the controller's lines; all are written by hand. SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/pace.h"
#include "replay/source.h"
#include "replay/spread.h"

#include <inttypes.h>
#include <math.h>
#include <perfadapt/perfadapt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_MAX 65536

/* What came of a log. */
struct result {
    bool opened;
    char reason[DRIVE_REASON_MAX];
    char lines[OUT_MAX]; /* as `perfadapt drive` takes them */
    struct replay_source source;
    struct replay_pace pace;
};

static void add(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct result *result, const char *format, ...) {
    const size_t length = strlen(result->lines);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->lines + length, sizeof result->lines - length, format, arguments);
    va_end(arguments);
}

static void add_value(struct result *result, const char *name, double value) {
    if (!isnan(value))
        add(result, " %s=%.10g", name, value);
}

static void add_tick(struct result *result, const struct drive_tick *tick) {
    add_value(result, "temp", tick->temperature_c);
    add_value(result, "limit", tick->limit_c);
    add_value(result, "busy", tick->busy);
    add_value(result, "power", tick->power_w);
    add_value(result, "clock", tick->clock_mhz);
    add_value(result, "clock_max", tick->clock_max_mhz);
    add_value(result, "mem_some_us", tick->memory_some_us);
    add_value(result, "mem_available", tick->memory_available);
    add_value(result, "mem_total", tick->memory_total);
    add_value(result, "gpu_mem_used", tick->gpu_memory_used);
    add_value(result, "gpu_mem_budget", tick->gpu_memory_budget);
    add_value(result, "rss", tick->resident);
    add_value(result, "ac", tick->on_ac);
    if (tick->throttle != PERFADAPT_THROTTLING_UNKNOWN)
        add(result, " throttle=%s", perfadapt_throttling_name(tick->throttle));
}

static void add_line(struct result *result, const struct drive_line *line) {
    if (line->kind == DRIVE_LINE_FRAME) {
        add(result, "frame %" PRId64 " %" PRId64 " %" PRId64 "\n", line->time_ns, line->cpu_ns, line->gpu_ns);
        return;
    }
    add(result, "tick %" PRId64, line->time_ns);
    add_tick(result, &line->tick);
    add(result, "\n");
}

static int file_of(const void *bytes, size_t length) {
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fflush(file), 0);
    const int fd = dup(fileno(file));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    fclose(file);
    return fd;
}

/* To be freed. */
static struct result *read_bytes(const void *bytes, size_t length, const struct replay_options *options) {
    struct result *result = calloc(1, sizeof *result);
    struct replay_row row;
    struct drive_line line;
    assert_non_null(result);
    const int fd = file_of(bytes, length);
    char beginning[4];
    const ssize_t count = read(fd, beginning, sizeof beginning);
    result->opened = replay_source_open(&result->source, options, fd, beginning, (size_t)count, result->reason);
    if (result->opened) {
        replay_pace_init(&result->pace, &result->source.traits, result->source.header.mangohud.memory_bytes, 0);
        while (replay_source_next(&result->source, &row))
            if (replay_pace_take(&result->pace, &row))
                while (replay_pace_next(&result->pace, &line))
                    add_line(result, &line);
    }
    close(fd);
    return result;
}

static const struct replay_options usual = {.path = "a.csv", .json = true}; /* problems go to standard output */

static struct result *read_text(const char *text) {
    return read_bytes(text, strlen(text), &usual);
}

static void gives(const char *text, const char *lines) {
    struct result *result = read_text(text);
    assert_string_equal(result->reason, "");
    assert_true(result->opened);
    assert_string_equal(result->lines, lines);
    assert_int_equal(result->source.problems.count, 0);
    free(result);
}

/* ---- MangoHud ---- */

#define MACHINE                                                                                                        \
    "os,cpu,gpu,ram,kernel,driver,cpuscheduler\n"                                                                      \
    "Some Linux,A Processor,A GPU,16777216,6.1.0,Mesa 23,schedutil\n"

static void a_row_a_frame_in_ms(void **state) {
    (void)state;
    gives(MACHINE "fps,frametime,cpu_load,cpu_power,gpu_load,cpu_temp,gpu_temp,gpu_core_clock,gpu_mem_clock,"
                  "gpu_vram_used,gpu_power,ram_used,swap_used,process_rss,cpu_mhz,elapsed\n"
                  "50,20,30,12,75,50,61,2400,1000,2,90,4,0,1,4000,1000000000\n"
                  "50,20,30,12,75,50,61,2400,1000,2,90,4,0,1,4000,1020000000\n"
                  "40,25,30,12,80,50,62,2400,1000,2,95,4,0,1,4000,1045000000\n",
          "tick 0 temp=61 busy=0.75 power=90 clock=2400 mem_available=1.288490189e+10 mem_total=1.717986918e+10 "
          "gpu_mem_used=2147483648 rss=1073741824\n"
          "frame 0 0 -1\n"
          "tick 20000000 temp=61 busy=0.75 power=90 clock=2400 mem_available=1.288490189e+10 "
          "mem_total=1.717986918e+10 gpu_mem_used=2147483648 rss=1073741824\n"
          "frame 20000000 0 -1\n"
          "tick 45000000 temp=62 busy=0.8 power=95 clock=2400 mem_available=1.288490189e+10 "
          "mem_total=1.717986918e+10 gpu_mem_used=2147483648 rss=1073741824\n"
          "frame 45000000 0 -1\n");
}

/* Told from fps, also where a frame took longer than a second. */
static void older_frame_times_are_in_us(void **state) {
    (void)state;
    struct result *result = read_text("fps,frametime,gpu_load,elapsed\n"
                                      "50,20000,75,20000000\n50,20000,75,40000000\n0.5,2000000,75,2040000000\n");
    assert_true(result->source.period_factor > 999 && result->source.period_factor < 1001);
    assert_int_equal(result->source.traits.rows, REPLAY_ROWS_FRAMES);
    free(result);
    result = read_text("fps,frametime,gpu_load,elapsed\n"
                       "0.5,2000,75,2000000000\n0.4,2500,75,4500000000\n0.5,2000,75,6500000000\n");
    assert_true(result->source.period_factor > 999999 && result->source.period_factor < 1000001);
    assert_string_equal(result->lines, "tick 0 busy=0.75\nframe 0 0 -1\ntick 2500000000 busy=0.75\n"
                                       "frame 2500000000 0 -1\ntick 4500000000 busy=0.75\nframe 4500000000 0 -1\n");
    free(result);
}

static void without_fps_the_times_tell_the_unit(void **state) {
    (void)state;
    gives("frametime,gpu_load,cpu_load,fps,elapsed\n20000,50,1,,20000000\n20000,50,1,,40000000\n",
          "tick 0 busy=0.5\nframe 0 0 -1\ntick 20000000 busy=0.5\nframe 20000000 0 -1\n");
    gives("frametime,gpu_load,cpu_load,fps,elapsed\n20,50,1,,20000000\n20,50,1,,40000000\n",
          "tick 0 busy=0.5\nframe 0 0 -1\ntick 20000000 busy=0.5\nframe 20000000 0 -1\n");
}

/* 0.5: ten rows a second, no frame times, elapsed in us. */
static void samples_are_filled_with_frames(void **state) {
    (void)state;
    gives("os,cpu,gpu,ram,kernel,driver\nL,C,G,8388608,5,4\n"
          "fps,cpu_load,gpu_load,cpu_temp,gpu_temp,gpu_core_clock,gpu_mem_clock,gpu_vram_used,ram_used,elapsed\n"
          "20,10,60,40,50,900,800,1,2,100000\n"
          "20,10,60,40,50,900,800,1,2,200000\n"
          "25,10,70,40,51,900,800,1,2,300000\n",
          "frame 0 0 -1\n"
          "tick 0 temp=50 busy=0.6 clock=900 mem_available=6442450944 mem_total=8589934592 gpu_mem_used=1073741824\n"
          "frame 50000000 0 -1\nframe 100000000 0 -1\n"
          "tick 100000000 temp=50 busy=0.6 clock=900 mem_available=6442450944 mem_total=8589934592 "
          "gpu_mem_used=1073741824\n"
          "frame 140000000 0 -1\nframe 180000000 0 -1\n"
          "tick 200000000 temp=51 busy=0.7 clock=900 mem_available=6442450944 mem_total=8589934592 "
          "gpu_mem_used=1073741824\n");
}

/* A frame that is longer than the samples are apart comes when it is over. */
static void samples_may_be_denser_than_frames(void **state) {
    (void)state;
    gives("fps,frametime,gpu_load,elapsed\n10,100,50,1000000000\n10,100,50,1040000000\n10,100,50,1080000000\n"
          "10,100,50,1120000000\n10,100,50,1160000000\n10,100,50,1200000000\n",
          "frame 0 0 -1\ntick 0 busy=0.5\ntick 40000000 busy=0.5\ntick 80000000 busy=0.5\nframe 100000000 0 -1\n"
          "tick 120000000 busy=0.5\ntick 160000000 busy=0.5\nframe 200000000 0 -1\ntick 200000000 busy=0.5\n");
}

static void before_columns_had_names(void **state) {
    (void)state;
    gives("os,cpu,gpu,ram,kernel,driver\nL,C,,1000,5,4\n20,12,100,0\n20,12,90,100000\n",
          "frame 0 0 -1\ntick 0 busy=1\nframe 50000000 0 -1\nframe 100000000 0 -1\ntick 100000000 busy=0.9\n");
}

static void a_version_and_rules_may_stand_before(void **state) {
    (void)state;
    struct result *result = read_text("v1\n0.7.2\n---------------------SYSTEM INFO---------------------\n" MACHINE
                                      "--------------------FRAME METRICS--------------------\n"
                                      "elapsed,gpu_temp,frametime,fps\n1000000000,70,10,100\n1010000000,70,10,100\n");
    assert_string_equal(result->lines, "tick 0 temp=70 mem_total=1.717986918e+10\nframe 0 10000000 -1\n"
                                       "tick 10000000 temp=70 mem_total=1.717986918e+10\nframe 10000000 10000000 -1\n");
    assert_string_equal(result->source.header.mangohud.version, "0.7.2");
    assert_string_equal(result->source.header.mangohud.gpu, "A GPU");
    free(result);
}

static void wrong_first_rows_are_left_out(void **state) {
    (void)state;
    struct result *result = read_text("fps,frametime,gpu_load,elapsed\n"
                                      "0.001,1000000000,50,900000000000000\n" /* both from before it began */
                                      "0,0,50,10000000\n"
                                      "0.000001,1000000000,50,15000000\n"
                                      "50,20000,50,20000000\n50,20000,50,40000000\n50,20000,50,60000000\n");
    assert_string_equal(result->lines, "tick 0 busy=0.5\nframe 0 0 -1\ntick 20000000 busy=0.5\nframe 20000000 0 -1\n"
                                       "tick 40000000 busy=0.5\nframe 40000000 0 -1\n");
    assert_int_equal(result->pace.wrong_frames, 2);
    assert_int_equal(result->source.wrong_starts, 1);
    assert_int_equal(result->source.problems.count, 0);
    free(result);
}

static void what_reads_0_is_not_there_until_it_reads_more(void **state) {
    (void)state;
    gives("fps,frametime,cpu_load,gpu_load,cpu_temp,gpu_temp,gpu_core_clock,gpu_vram_used,gpu_power,ram_used,elapsed\n"
          "50,20,0,0,0,50,0,0,0,0,20000000\n"
          "50,20,0,90,0,0,1000,0,0,0,40000000\n"
          "50,20,0,0,0,51,0,0,0,0,60000000\n",
          "tick 0 temp=50\nframe 0 0 -1\ntick 20000000 busy=0.9 clock=1000\nframe 20000000 0 -1\n"
          "tick 40000000 temp=51 busy=0 clock=0\nframe 40000000 0 -1\n");
}

/* Where the GPU's stays away, the CPU's is the device's; nobody is told of work but by the frame time. */
static void stand_ins(void **state) {
    (void)state;
    gives("fps,frametime,cpu_load,gpu_load,cpu_temp,gpu_temp,elapsed\n"
          "50,20,7,0,66,0,20000000\n50,20,7,0,67,0,40000000\n",
          "tick 0 temp=66\nframe 0 20000000 -1\ntick 20000000 temp=67\nframe 20000000 20000000 -1\n");
}

static void a_log_behind_a_log_goes_on(void **state) {
    (void)state;
    struct result *result = read_text(MACHINE "fps,frametime,gpu_load,elapsed\n50,20,50,20000000\n50,20,50,40000000\n"
                                              "50,20,50,60000000\n" MACHINE
                                              "fps,frametime,cpu_load,gpu_load,elapsed\n50,20,1,60,5000000\n");
    assert_string_equal(result->lines, "tick 0 busy=0.5 mem_total=1.717986918e+10\nframe 0 0 -1\n"
                                       "tick 20000000 busy=0.5 mem_total=1.717986918e+10\nframe 20000000 0 -1\n"
                                       "tick 40000000 busy=0.5 mem_total=1.717986918e+10\nframe 40000000 0 -1\n"
                                       "tick 60000000 busy=0.6 mem_total=1.717986918e+10\nframe 60000000 0 -1\n");
    assert_int_equal(result->pace.restarts, 1);
    assert_int_equal(result->source.problems.count, 0);
    free(result);
}

/* ---- CSV of our own ---- */

static void ours_with_units(void **state) {
    (void)state;
    gives("\xef\xbb\xbf# a remark\r\n\r\nt_s,temp_c,limit_c,busy_percent,power_mw,clock_mhz,clock_max_ghz,throttle,"
          "mem_some_us,mem_available_mib,mem_total_gib,gpu_mem_used,gpu_mem_budget,rss_kib,ac\r\n"
          "10,70.5,90,55,15000,1800,2.5,thermal,1234,512,2,100,200,64,1\r\n"
          "// another\n11.5,71,,,,,,unknown,,,,,,,0",
          "tick 0 temp=70.5 limit=90 busy=0.55 power=15 clock=1800 clock_max=2500 mem_some_us=1234 "
          "mem_available=536870912 mem_total=2147483648 gpu_mem_used=100 gpu_mem_budget=200 rss=65536 ac=1 "
          "throttle=thermal\n"
          "tick 1500000000 temp=71 ac=0\n");
}

static void the_keys_of_drive(void **state) {
    (void)state;
    gives("t_ns,temp,limit,busy,power,clock,throttle\n1700000000000000001,60,95,0.25,10,900,none\n"
          "1700000001000000004,61,95,0.5,10,900,power\n",
          "tick 0 temp=60 limit=95 busy=0.25 power=10 clock=900 throttle=none\n"
          "tick 1000000003 temp=61 limit=95 busy=0.5 power=10 clock=900 throttle=power\n");
}

static void frames_and_looks_in_one_file(void **state) {
    (void)state;
    gives("t_ms,cpu_ms,gpu_ms,temp\n0,4,9,\n16,4,9.5,\n20,,,55\n32,5,NA,\n",
          "frame 0 4000000 9000000\nframe 16000000 4000000 9500000\ntick 20000000 temp=55\n"
          "frame 32000000 5000000 -1\n");
}

static void frames_without_a_time_follow_each_other(void **state) {
    (void)state;
    gives("frame_ms;gpu_us\n10;9000\n20,5;9000\n0;9000\n10;9000\n",
          "frame 0 0 9000000\nframe 20500000 0 9000000\nframe 30500000 0 9000000\n");
}

/* A semicolon leaves the comma to numbers; tabs do as well. */
static void other_separators(void **state) {
    (void)state;
    gives("t_s;temp_c;note\n0,5;61,25;\"a;b \"\"c\"\"\"\n1;62;\n", "tick 0 temp=61.25\ntick 500000000 temp=62\n");
    gives("t_s\ttemp_c\n1\t61\n2\t 62 \n", "tick 0 temp=61\ntick 1000000000 temp=62\n");
    gives("\"t_s\" , \"temp_c\",\n1 , 61,\n2,\"62\",\n", "tick 0 temp=61\ntick 1000000000 temp=62\n");
}

static void a_share_beyond_1_is_percent(void **state) {
    (void)state;
    gives("t_s,busy\n1,0\n2,55\n3,250\n", "tick 0 busy=0\ntick 1000000000 busy=0.55\ntick 2000000000 busy=1\n");
}

static void temperatures_no_device_has_are_unknown(void **state) {
    (void)state;
    struct result *result = read_text("t_s,temp_c,busy\n0,-273.2,0.5\n1,127.5,0.5\n2,0,0.5\n3,45000,0.5\n");
    assert_string_equal(result->lines, "tick 0 busy=0.5\ntick 1000000000 busy=0.5\ntick 2000000000 temp=0 busy=0.5\n"
                                       "tick 3000000000 busy=0.5\n");
    assert_int_equal(result->pace.wrong_heat, 3);
    free(result);
}

static void a_row_out_of_order_is_left_out(void **state) {
    (void)state;
    struct result *result = read_text("t_s,temp_c\n800000,49\n0,50\n1,51\n0.5,52\n2,53\n3,54\n4,55\n5,56\n6,57\n"
                                      "900000,58\n7,59\n5000,60\n5001,61\n");
    assert_string_equal(result->lines,
                        "tick 0 temp=50\ntick 1000000000 temp=51\ntick 2000000000 temp=53\ntick 3000000000 temp=54\n"
                        "tick 4000000000 temp=55\ntick 5000000000 temp=56\ntick 6000000000 temp=57\n"
                        "tick 7000000000 temp=59\ntick 5001000000000 temp=61\n");
    assert_int_equal(result->source.wrong_starts, 1);
    assert_int_equal(result->pace.wrong_times, 3); /* one behind, one ahead, and the first of those who agree */
    free(result);
}

/* Sixteen rows that lie behind and are in order among themselves are no slip. */
static void time_may_begin_anew(void **state) {
    (void)state;
    char text[2048] = "t_s,temp_c\n";
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,50\n", i < 20 ? 100 + i : i - 20);
    struct result *result = read_text(text);
    assert_int_equal(result->pace.restarts, 1);
    assert_int_equal(result->pace.wrong_times, 15);
    assert_int_equal(result->pace.newest_ns, INT64_C(24000000000));
    free(result);
}

/* ---- of others ---- */

#define V1 "Application,ProcessID,SwapChainAddress,Runtime,Dropped,TimeInSeconds,msInPresentAPI,msBetweenPresents"

/* Whoever has most rows, but for the compositor; from present to present the CPU works. */
static void presentmon_1(void **state) {
    (void)state;
    struct result *result = read_text("//GameName=game.exe\n" V1 ",msGPUActive\n"
                                      "dwm.exe,1,0xA,DXGI,0,1.0,0.1,16.6,1\ngame.exe,2,0xB,DXGI,0,1.01,2.0,10.0,7.5\n"
                                      "dwm.exe,1,0xA,DXGI,0,1.016,0.1,16.6,1\ngame.exe,2,0xC,DXGI,0,1.012,2.0,10.0,7\n"
                                      "dwm.exe,1,0xA,DXGI,0,1.033,0.1,16.6,1\ngame.exe,2,0xB,DXGI,1,1.02,3.0,10.0,7.5\n"
                                      "dwm.exe,1,0xA,DXGI,0,1.050,0.1,16.6,1\n");
    assert_string_equal(result->lines, "frame 0 0 7500000\nframe 10000000 8000000 7500000\n");
    assert_int_equal(result->source.others, 5);
    assert_string_equal(replay_owners_chosen(&result->source.owners)->label, "game.exe 2 0xB");
    free(result);
    gives(V1 "\ngame.exe,2,0xB,DXGI,0,1.0,2,10\ngame.exe,2,0xB,DXGI,0,1.01,4,10\ngame.exe,2,0xB,DXGI,0,1.02,4,10\n",
          "frame 0 0 -1\nframe 10000000 8000000 -1\nframe 20000000 6000000 -1\n");
}

/* Its times are of a counter of unknown rate: frame times add up. */
static void presentmon_2(void **state) {
    (void)state;
    struct result *result =
        read_text("Application,ProcessID,SwapChainAddress,FrameType,CPUStartTime,FrameTime,CPUBusy,CPUWait,GPUBusy\n"
                  "game.exe,2,0xB,Application,1.5,10.0,6,4,9\n"
                  "game.exe,2,0xB,AMD_AFMF,NA,NA,NA,NA,NA\n"
                  "game.exe,2,0xB,Application,11.5,12.5,6,4,NA\n");
    assert_string_equal(result->lines, "frame 0 6000000 9000000\nframe 12500000 6000000 -1\n");
    assert_int_equal(result->source.made_up, 1);
    assert_int_equal(result->source.problems.count, 0);
    free(result);
}

static void nvidia_smi(void **state) {
    (void)state;
    gives("timestamp, index, name, utilization.gpu [%], temperature.gpu, temperature.gpu.tlimit, power.draw [W], "
          "clocks.current.graphics [MHz], memory.used [MiB], memory.total [MiB], clocks_event_reasons.active\n"
          "2024/02/28 23:59:59.500, 0, NVIDIA X, 97 %, 80, 7, 301.25 W, 1755 MHz, 1024 MiB, 2048 MiB, "
          "0x0000000000000020\n"
          "2024/02/28 23:59:59.500, 1, NVIDIA X, 1 %, 30, 57, 20 W, 300 MHz, 1 MiB, 2048 MiB, 0x0000000000000001\n"
          "2024/02/29 00:00:01.000, 0, NVIDIA X, [N/A], 81, 6, [Not Supported], 1740 MHz, 1024 MiB, 2048 MiB, N/A\n",
          "tick 0 temp=80 limit=87 busy=0.97 power=301.25 clock=1755 gpu_mem_used=1073741824 "
          "gpu_mem_budget=2147483648 throttle=thermal\n"
          "tick 1500000000 temp=81 limit=87 clock=1740 gpu_mem_used=1073741824 gpu_mem_budget=2147483648\n");
}

static void sbc_bench(void **state) {
    (void)state;
    gives("t_s,clock,phase,mhz_cluster0,load1,cpu_pct,temp_c,vcore_v\n0,13:00:00,running 7-zip,1800,1.0,25,60.5,\n"
          "10,13:00:10,running 7-zip,1200,1.0,100,80,\n",
          "tick 0 temp=60.5 busy=0.25 clock=1800\ntick 10000000000 temp=80 busy=1 clock=1200\n");
}

static void a_header_may_be_handed_in(void **state) {
    (void)state;
    static const char text[] = "2024/01/01 00:00:00.000, 5 %, 40\n2024/01/01 00:00:02.000, 50 %, 41\n";
    struct replay_options options = usual;
    options.columns = "timestamp,utilization.gpu,temperature.gpu";
    struct result *result = read_bytes(text, sizeof text - 1, &options);
    assert_string_equal(result->lines, "tick 0 temp=40 busy=0.05\ntick 2000000000 temp=41 busy=0.5\n");
    free(result);
}

static void rows_may_be_chosen(void **state) {
    (void)state;
    static const char text[] = "t_s,index,temp_c\n0,0,40\n0,1,50\n1,0,41\n1,1,51\n2,0,42\n";
    struct replay_options options = usual;
    options.only = "Index=1";
    struct result *result = read_bytes(text, sizeof text - 1, &options);
    assert_string_equal(result->lines, "tick 0 temp=50\ntick 1000000000 temp=51\n");
    assert_int_equal(result->source.others, 3);
    free(result);
}

/* ---- what is wrong ---- */

static void what_cannot_be_read_is_counted(void **state) {
    (void)state;
    static const char text[] = "t_s,temp_c,busy\n0,50,0.5\n1,hot,0.5\n2,52\n3,53,0.5,7\nsoon,54,0.5\n5,5\0005,0.5\n"
                               "6,\"56,0.5\n7,57,12 V\n8,58,0.5\n9,59";
    struct result *result = read_bytes(text, sizeof text - 1, &usual);
    assert_string_equal(result->lines, "tick 0 temp=50 busy=0.5\ntick 1000000000 busy=0.5\ntick 7000000000 temp=57\n"
                                       "tick 8000000000 temp=58 busy=0.5\n");
    assert_int_equal(result->source.problems.count, 7);
    assert_int_equal(result->source.cut, 1);
    free(result);
}

static void a_line_of_any_length_is_one_problem(void **state) {
    (void)state;
    char *text = malloc(300000);
    assert_non_null(text);
    strcpy(text, "t_s,temp_c\n0,50\n");
    memset(text + strlen("t_s,temp_c\n0,50\n"), '1', 200000);
    strcpy(text + strlen("t_s,temp_c\n0,50\n") + 200000, "\n2,52\n");
    struct result *result = read_text(text);
    assert_string_equal(result->lines, "tick 0 temp=50\ntick 2000000000 temp=52\n");
    assert_int_equal(result->source.problems.count, 1);
    free(result);
    free(text);
}

static void what_is_no_log_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *reason;
        size_t length; /* 0 = the text's */
    } cases[] = {
        {"", "a.csv: the file is empty", 0},
        {"\n\n# nothing\n", "a.csv:3: the file ends where a header was looked for", 0},
        {"1,2,3\n4,5,6\n", "a.csv:1: no header: values where names were looked for", 0},
        {"red,green\n1,2\n", "a.csv:1: no column of this header is known", 0},
        {"temp_c,busy\n50,0.5\n", "a.csv:1: no column tells the time", 0},
        {"t_s,colour\n1,red\n", "a.csv:1: no column tells of frames or of the machine", 0},
        {"t_s,temp_c\n", "a.csv:1: not one row that could be replayed", 0},
        {"t_s,temp_c\nx,50\n", "a.csv:2: not one row that could be replayed", 0},
        {"t_s,\"temp_c\n", "a.csv:1: a quote that is not closed", 0},
        {"time,temp_c\n1,50\n", "a.csv:1: no column tells the time", 0},
        {"t\0s\n", "a.csv:1: a NUL byte", 4},
        {"\xff\xfet\0_\0s\0", "a.csv:1: a NUL byte", 8},
        {"\x1f\x8b\x08\x00", "a.csv: compressed", 4},
        {MACHINE, "a.csv:2: the file ends where a header was looked for", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t length = cases[i].length ? cases[i].length : strlen(cases[i].text);
        struct result *result = read_bytes(cases[i].text, length, &usual);
        assert_false(result->opened);
        if (strncmp(result->reason, cases[i].reason, strlen(cases[i].reason)) != 0)
            fail_msg("\"%s\", wanted \"%s\"", result->reason, cases[i].reason);
        free(result);
    }
}

static void numbers_of_any_size_are_survived(void **state) {
    (void)state;
    struct result *result =
        read_text("t_ns,frame_ms,gpu_ms,fps\n-9223372036854775808,1e300,1e300,1e-300\n9223372036854775807,-1,1e-300,0\n"
                  "0,10,-5,100\n9223372036854775807,10,5,100\n1,1e-300,5,1e300\n2,10,5,100\n");
    assert_true(result->opened);
    int64_t newest_ns = 0;
    for (const char *at = result->lines; *at; at = strchr(at, '\n') + 1) {
        const int64_t time_ns = strtoll(strchr(at, ' '), NULL, 10);
        assert_true(time_ns >= newest_ns);
        newest_ns = time_ns;
    }
    free(result);
}

static void percentiles_are_close_whatever_the_length(void **state) {
    (void)state;
    struct replay_spread *spread = calloc(1, sizeof *spread);
    assert_non_null(spread);
    assert_true(isnan(replay_spread_quantile(spread, 0.5)));
    for (int64_t length_ns = 1; length_ns < INT64_MAX / 3; length_ns *= 3) { /* 39 of them, one is the median */
        memset(spread, 0, sizeof *spread);
        for (int i = -50; i <= 50; i++)
            replay_spread_add(spread, length_ns + length_ns / 400 * i);
        const double median_ns = replay_spread_quantile(spread, 0.5);
        assert_true(fabs(median_ns - (double)length_ns) <= 0.01 * (double)length_ns);
        assert_true(replay_spread_quantile(spread, 0.99) >= median_ns);
    }
    replay_spread_add(spread, INT64_MAX);
    replay_spread_add(spread, INT64_MIN);
    assert_true(replay_spread_quantile(spread, 1) >= 9.2e18);
    assert_true(replay_spread_quantile(spread, 0) <= 0);
    free(spread);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_a_frame_in_ms),
        cmocka_unit_test(older_frame_times_are_in_us),
        cmocka_unit_test(without_fps_the_times_tell_the_unit),
        cmocka_unit_test(samples_are_filled_with_frames),
        cmocka_unit_test(samples_may_be_denser_than_frames),
        cmocka_unit_test(before_columns_had_names),
        cmocka_unit_test(a_version_and_rules_may_stand_before),
        cmocka_unit_test(wrong_first_rows_are_left_out),
        cmocka_unit_test(what_reads_0_is_not_there_until_it_reads_more),
        cmocka_unit_test(stand_ins),
        cmocka_unit_test(a_log_behind_a_log_goes_on),
        cmocka_unit_test(ours_with_units),
        cmocka_unit_test(the_keys_of_drive),
        cmocka_unit_test(frames_and_looks_in_one_file),
        cmocka_unit_test(frames_without_a_time_follow_each_other),
        cmocka_unit_test(other_separators),
        cmocka_unit_test(a_share_beyond_1_is_percent),
        cmocka_unit_test(temperatures_no_device_has_are_unknown),
        cmocka_unit_test(a_row_out_of_order_is_left_out),
        cmocka_unit_test(time_may_begin_anew),
        cmocka_unit_test(presentmon_1),
        cmocka_unit_test(presentmon_2),
        cmocka_unit_test(nvidia_smi),
        cmocka_unit_test(sbc_bench),
        cmocka_unit_test(a_header_may_be_handed_in),
        cmocka_unit_test(rows_may_be_chosen),
        cmocka_unit_test(what_cannot_be_read_is_counted),
        cmocka_unit_test(a_line_of_any_length_is_one_problem),
        cmocka_unit_test(what_is_no_log_is_named),
        cmocka_unit_test(numbers_of_any_size_are_survived),
        cmocka_unit_test(percentiles_are_close_whatever_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
