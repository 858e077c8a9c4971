/*
 * The library's figures of an NVIDIA GPU beside nvidia-smi's, first idle, then under load: run by tests/device/nvidia.sh.
 * SPDX-License-Identifier: MIT
 *
 *     nvidia IDLE_SECONDS LOAD_SECONDS LOAD_COMMAND FIELDS DIRECTORY
 *
 * FIELDS are nvidia-smi's names of what stands in `enum column`, in that order; one that it does not know is to be
 * replaced by "name". What is run writes into DIRECTORY. Prints Markdown. Exits with 77 where there is nothing to compare.
 */
#include <perfadapt/monitor.h>

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROWS_MAX 20000
#define STEADY_AFTER_S 20 /* of constant load */
#define PAIR_WITHIN_S 0.6 /* the library reads each second while nothing is hot */
#define ROW_EACH_S 5

/* After the time and the GPU's address, as asked of nvidia-smi. */
enum column { TEMPERATURE, MARGIN, POWER, CLOCK, MEMORY, BUSY, REASONS, COLUMNS };

static const char *const column_names[COLUMNS] = {"temperature °C", "margin °C", "power W",     "SM clock MHz",
                                                  "memory MiB",     "busy %",    "reasons bits"};

struct row {
    double time_s; /* CLOCK_REALTIME */
    double values[COLUMNS];
    char text[96]; /* ours: the reasons */
};

struct rows {
    struct row *rows;
    size_t count;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- ours ---- */

static double value_of(const struct perfadapt_metric *metric) {
    return metric->state == PERFADAPT_STATE_OK ? metric->value : (double)NAN;
}

static double bits_of(const char *text) {
    static const char *const names[] = {"GpuIdle",   "AppClocks", "SwPowerCap", "HwSlowdown",   "SyncBoost",
                                        "SwThermal", "HwThermal", "PowerBrake", "DisplayClocks"};
    double bits = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        bits += strstr(text, names[i]) ? (double)(1U << i) : 0;
    return bits;
}

static const struct perfadapt_gpu *nvidia_gpu(const struct perfadapt_snapshot *snapshot) {
    for (uint32_t i = 0; i < snapshot->gpu_count; i++)
        if (strcmp(snapshot->gpus[i].driver, "nvidia") == 0)
            return &snapshot->gpus[i];
    return NULL;
}

static void take_sensor(const struct perfadapt_snapshot *snapshot, const char *address, struct row *row) {
    char id[96];
    snprintf(id, sizeof id, "nvml/gpu@%s", address);
    for (uint32_t i = 0; i < snapshot->sensor_count; i++) {
        if (strcmp(snapshot->sensors[i].id, id) != 0)
            continue;
        row->values[TEMPERATURE] = value_of(&snapshot->sensors[i].temperature);
        row->values[MARGIN] = value_of(&snapshot->sensors[i].limit) - row->values[TEMPERATURE];
    }
}

static void take_reasons(const struct perfadapt_snapshot *snapshot, const char *address, struct row *row) {
    for (uint32_t i = 0; i < snapshot->evidence_count; i++) {
        const struct perfadapt_evidence *evidence = &snapshot->evidence[i];
        if (strcmp(evidence->source, "nvml") != 0 || strcmp(evidence->device, address) != 0 ||
            evidence->state != PERFADAPT_STATE_OK)
            continue;
        snprintf(row->text, sizeof row->text, "%s", evidence->text);
        row->values[REASONS] = bits_of(evidence->text);
    }
}

static void add_ours(const struct perfadapt_snapshot *snapshot, struct rows *ours) {
    const struct perfadapt_gpu *gpu = nvidia_gpu(snapshot);
    if (!gpu || ours->count == ROWS_MAX)
        return;
    struct row *row = &ours->rows[ours->count++];
    *row = (struct row){.time_s = now_s()};
    for (size_t i = 0; i < COLUMNS; i++)
        row->values[i] = (double)NAN;
    take_sensor(snapshot, gpu->id, row);
    take_reasons(snapshot, gpu->id, row);
    row->values[POWER] = value_of(&gpu->power);
    row->values[CLOCK] = value_of(&gpu->clock);
    row->values[MEMORY] = value_of(&gpu->memory_used) / 1048576;
    row->values[BUSY] = value_of(&gpu->busy) * 100;
}

static bool next_snapshot(perfadapt_monitor *monitor, struct perfadapt_snapshot *snapshot) {
    struct pollfd wait = {.fd = perfadapt_monitor_snapshot_fd(monitor), .events = POLLIN};
    uint64_t renewed;
    snapshot->size = sizeof *snapshot;
    return poll(&wait, 1, 2000) == 1 && read(wait.fd, &renewed, sizeof renewed) == (ssize_t)sizeof renewed &&
           perfadapt_monitor_get_snapshot(monitor, snapshot) == PERFADAPT_OK && snapshot->generation > 0;
}

static void sample_until(perfadapt_monitor *monitor, double end_s, struct rows *ours) {
    static struct perfadapt_snapshot snapshot;
    while (now_s() < end_s)
        if (next_snapshot(monitor, &snapshot))
            add_ours(&snapshot, ours);
}

/* Nanoseconds on a processor of the library's thread: with all its providers. -1 unknown. */
static long long thread_ns(void) {
    long long result = -1;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *entry; tasks && (entry = readdir(tasks));) {
        char path[300];
        char name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        const bool found = file && fgets(name, sizeof name, file) && strcmp(name, "perfadapt\n") == 0;
        if (file)
            fclose(file);
        if (!found)
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", entry->d_name);
        file = fopen(path, "re");
        if (file && fgets(name, sizeof name, file))
            result = strtoll(name, NULL, 10);
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return result;
}

/* ---- theirs ---- */

/* In a group of its own, so that what it starts ends with it. */
static pid_t run(char *const *arguments, const char *output) {
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    setpgid(0, 0);
    const int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(127);
    execvp(arguments[0], arguments);
    _exit(127);
}

/* How it ended, or -1 where it had to be told to. */
static int end(pid_t pid) {
    int status = -1;
    if (pid <= 0)
        return -1;
    if (waitpid(pid, &status, WNOHANG) == pid)
        return status;
    kill(-pid, SIGTERM);
    waitpid(pid, &status, 0);
    return -1;
}

/* "2026/11/21 10:39:23.123", local time. */
static double parse_time(const char *text) {
    struct tm time = {.tm_isdst = -1};
    const char *rest = strptime(text, " %Y/%m/%d %H:%M:%S", &time);
    if (!rest)
        return (double)NAN;
    return (double)mktime(&time) + (*rest == '.' ? strtod(rest, NULL) : 0);
}

static double parse_number(const char *text) {
    char *rest = NULL;
    text += strspn(text, " ");
    const double value = strncmp(text, "0x", 2) == 0 ? (double)strtoull(text, &rest, 16) : strtod(text, &rest);
    return rest == text || (*rest && *rest != '\n' && *rest != ' ') ? (double)NAN : value;
}

/* nvidia-smi writes eight digits of the domain, sysfs four. */
static bool same_address(const char *theirs, const char *ours) {
    const size_t length = strlen(theirs);
    return length >= 12 && strlen(ours) == 12 && strcasecmp(theirs + length - 12, ours) == 0;
}

static void add_theirs(char *line, const char *address, struct rows *theirs) {
    char *rest = NULL;
    const char *time = strtok_r(line, ",", &rest);
    const char *bus = strtok_r(NULL, ",", &rest);
    if (!time || !bus || theirs->count == ROWS_MAX || !same_address(bus, address))
        return;
    struct row *row = &theirs->rows[theirs->count];
    row->time_s = parse_time(time);
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *word = strtok_r(NULL, ",", &rest);
        row->values[i] = word ? parse_number(word) : (double)NAN;
    }
    theirs->count += isnan(row->time_s) ? 0 : 1;
}

static void read_theirs(const char *path, const char *address, struct rows *theirs) {
    char line[1024];
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        add_theirs(line, address, theirs);
    if (file)
        fclose(file);
}

/* ---- both ---- */

static const struct row *nearest(const struct rows *ours, double time_s) {
    const struct row *best = NULL;
    for (size_t i = 0; i < ours->count; i++)
        if (!best || fabs(ours->rows[i].time_s - time_s) < fabs(best->time_s - time_s))
            best = &ours->rows[i];
    return best && fabs(best->time_s - time_s) <= PAIR_WITHIN_S ? best : NULL;
}

static void print_pair(double ours, double theirs) {
    char words[2][32];
    const double values[2] = {ours, theirs};
    for (size_t i = 0; i < 2; i++)
        snprintf(words[i], sizeof words[i], isnan(values[i]) ? "-" : "%.0f", values[i]);
    printf(" %s / %s |", words[0], words[1]);
}

static void print_rows(const struct rows *ours, const struct rows *theirs, double start_s, double load_s) {
    printf("\nEach pair is the library's figure / nvidia-smi's, at the same time. Load from second %.0f on.\n\n| s |",
           load_s - start_s);
    for (size_t i = 0; i < REASONS; i++)
        printf(" %s |", column_names[i]);
    printf(" reasons, ours | theirs |\n|---|---|---|---|---|---|---|---|---|\n");
    double next_s = start_s;
    for (size_t i = 0; i < theirs->count; i++) {
        const struct row *their = &theirs->rows[i];
        const struct row *our = nearest(ours, their->time_s);
        if (!our || their->time_s < next_s)
            continue;
        next_s = their->time_s + ROW_EACH_S - 0.1;
        printf("| %.0f |", their->time_s - start_s);
        for (size_t k = 0; k < REASONS; k++)
            print_pair(our->values[k], their->values[k]);
        printf(" %s | 0x%x |\n", our->text, isnan(their->values[REASONS]) ? 0 : (unsigned)their->values[REASONS]);
    }
}

static void print_differences(const struct rows *ours, const struct rows *theirs, double from_s, double to_s) {
    printf("\nFrom %d s after the load began to its end:\n\n"
           "| | pairs | mean difference | largest | mean of nvidia-smi's |\n|---|---|---|---|---|\n",
           STEADY_AFTER_S);
    for (size_t k = 0; k < COLUMNS; k++) {
        size_t count = 0;
        size_t unequal = 0;
        double sum = 0;
        double largest = 0;
        double level = 0;
        for (size_t i = 0; i < theirs->count; i++) {
            const struct row *their = &theirs->rows[i];
            const struct row *our = nearest(ours, their->time_s);
            if (!our || their->time_s < from_s || their->time_s > to_s || isnan(our->values[k] - their->values[k]))
                continue;
            const double difference = fabs(our->values[k] - their->values[k]);
            count++;
            unequal += difference > 0;
            sum += difference;
            level += their->values[k];
            largest = fmax(largest, difference);
        }
        if (k == REASONS)
            printf("| %s | %zu | %zu unequal | | |\n", column_names[k], count, unequal);
        else if (count > 0)
            printf("| %s | %zu | %.2f | %.1f | %.0f |\n", column_names[k], count, sum / (double)count, largest,
                   level / (double)count);
        else
            printf("| %s | 0 | - | - | - |\n", column_names[k]);
    }
}

static int skip(const char *why) {
    printf("skipped: %s\n", why);
    return 77;
}

/* The GPU's address where the library reads one of NVIDIA's; what it says of it otherwise. */
static int find_gpu(perfadapt_monitor *monitor, char *out_address, size_t capacity) {
    static struct perfadapt_snapshot snapshot;
    for (int i = 0; i < 5 && !next_snapshot(monitor, &snapshot); i++) {
    }
    const struct perfadapt_gpu *gpu = nvidia_gpu(&snapshot);
    if (!gpu)
        return skip("no GPU of NVIDIA's is in the snapshot");
    printf("%s, %s: %s, %s\n", gpu->name, gpu->id, perfadapt_state_name(gpu->state), perfadapt_why_text(gpu->why));
    snprintf(out_address, capacity, "%s", gpu->id);
    return gpu->state == PERFADAPT_STATE_OK ? 0 : skip("the library cannot read it");
}

static int compare(perfadapt_monitor *monitor, double idle_s, double busy_s, char *load, char *fields,
                   const char *directory) {
    char address[40];
    char smi_output[256];
    char load_output[256];
    char query[512];
    const int found = find_gpu(monitor, address, sizeof address);
    if (found)
        return found;
    static struct row our_rows[ROWS_MAX];
    static struct row their_rows[ROWS_MAX];
    struct rows ours = {.rows = our_rows};
    struct rows theirs = {.rows = their_rows};
    snprintf(smi_output, sizeof smi_output, "%s/nvidia-smi.csv", directory);
    snprintf(load_output, sizeof load_output, "%s/load.txt", directory);
    snprintf(query, sizeof query, "--query-gpu=timestamp,pci.bus_id,%s", fields);
    char *smi[] = {"nvidia-smi", query, "--format=csv,noheader,nounits", "-lms", "500", NULL};
    char *shell[] = {"sh", "-c", load, NULL};
    fflush(stdout);
    const double start_s = now_s();
    const long long start_ns = thread_ns();
    const pid_t smi_pid = run(smi, smi_output);
    sample_until(monitor, start_s + idle_s, &ours);
    const double load_s = now_s();
    const pid_t load_pid = run(shell, load_output);
    sample_until(monitor, load_s + busy_s, &ours);
    const double end_s = now_s();
    const long long spent_ns = thread_ns() - start_ns;
    const int load_status = end(load_pid);
    end(smi_pid);
    read_theirs(smi_output, address, &theirs);
    print_rows(&ours, &theirs, start_s, load_s);
    print_differences(&ours, &theirs, load_s + STEADY_AFTER_S, end_s);
    if (load_status > 0)
        printf("\nThe load ended early, with status %d: the figures above are not of a load.\n", load_status);
    if (ours.count > 0 && start_ns >= 0)
        printf("\nThe library's thread, all providers together: %.0f µs of processor time per sample, %.4f %% of one "
               "processor.\n",
               (double)spent_ns / 1000 / (double)ours.count, (double)spent_ns / 1e7 / (end_s - start_s));
    return ours.count > 0 && theirs.count > 0 ? 0 : skip("nvidia-smi gave no figures");
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: nvidia IDLE_SECONDS LOAD_SECONDS LOAD_COMMAND FIELDS DIRECTORY\n");
        return 2;
    }
    const struct perfadapt_monitor_options options = {.size = sizeof options};
    perfadapt_monitor *monitor = NULL;
    if (perfadapt_monitor_open(&options, &monitor) != PERFADAPT_OK)
        return 1;
    const int status = compare(monitor, strtod(argv[1], NULL), strtod(argv[2], NULL), argv[3], argv[4], argv[5]);
    perfadapt_monitor_close(&monitor);
    return status;
}
