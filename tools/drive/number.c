/* SPDX-License-Identifier: MIT */
#include "drive/number.h"

#include "core/fs.h"

#include <float.h>
#include <string.h>
#include <strings.h>

static const double largest_printed = 1e15; /* 15 digits are exact */
static const unsigned decimals_short = 3;

bool drive_number_u64(const char *text, uint64_t *out_value) {
    uint64_t value;
    if (*text < '0' || *text > '9' || !perfadapt__fs_parse_u64(&text, &value) || *text)
        return false;
    *out_value = value;
    return true;
}

/* Down to INT64_MIN, where core/fs stops one before. */
bool drive_number_i64(const char *text, int64_t *out_value) {
    const bool negative = *text == '-';
    uint64_t magnitude;
    if (negative || *text == '+')
        text++;
    if (!drive_number_u64(text, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *out_value = negative && magnitude ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

bool drive_number_is_nan(const char *text) {
    return strcasecmp(*text == '-' || *text == '+' ? text + 1 : text, "nan") == 0;
}

/* ---- decimals ---- */

struct decimal {
    uint64_t digits;
    int exponent; /* of ten */
    bool any;
};

/* What no longer fits into 18 digits is far below what a double tells apart. */
static void take_digits(const char **text, bool fraction, struct decimal *decimal) {
    const uint64_t full = UINT64_C(100000000000000000);
    for (; **text >= '0' && **text <= '9'; ++*text) {
        decimal->any = true;
        if (decimal->digits < full) {
            decimal->digits = decimal->digits * 10 + (uint64_t)(**text - '0');
            decimal->exponent -= fraction;
        } else {
            decimal->exponent += !fraction;
        }
    }
}

/* True also where there is none. */
static bool take_exponent(const char **text, struct decimal *decimal) {
    if (**text != 'e' && **text != 'E')
        return true;
    ++*text;
    const bool negative = **text == '-';
    if (negative || **text == '+')
        ++*text;
    if (**text < '0' || **text > '9')
        return false;
    int exponent = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        exponent = exponent < 100000 ? exponent * 10 + (**text - '0') : exponent;
    decimal->exponent += negative ? -exponent : exponent;
    return true;
}

/* Up to 15 digits and 22 places the powers and the one operation are exact: so is the result, correctly rounded. */
static double scaled(double value, int exponent) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int most = 22;
    const int beyond_any_double = 400;
    exponent = exponent > beyond_any_double ? beyond_any_double : exponent;
    exponent = exponent < -beyond_any_double ? -beyond_any_double : exponent;
    for (; exponent > 0; exponent -= exponent < most ? exponent : most)
        value *= powers[exponent < most ? exponent : most];
    for (; exponent < 0; exponent += -exponent < most ? -exponent : most)
        value /= powers[-exponent < most ? -exponent : most];
    return value;
}

bool drive_number_double(const char *text, double *out_value) {
    struct decimal decimal = {0};
    const bool negative = *text == '-';
    if (negative || *text == '+')
        text++;
    take_digits(&text, false, &decimal);
    if (*text == '.') {
        text++;
        take_digits(&text, true, &decimal);
    }
    if (!decimal.any || !take_exponent(&text, &decimal) || *text)
        return false;
    const double magnitude = decimal.digits ? scaled((double)decimal.digits, decimal.exponent) : 0.0;
    if (!(magnitude <= DBL_MAX))
        return false;
    *out_value = negative ? -magnitude : magnitude;
    return true;
}

/* ---- printing ---- */

void drive_number_print(double value, unsigned decimals, char out_text[DRIVE_NUMBER_TEXT]) {
    double magnitude = value < 0 ? -value : value;
    magnitude = magnitude < largest_printed ? magnitude : largest_printed;
    for (unsigned i = 0; i < decimals; i++)
        magnitude *= 10;
    uint64_t rest = (uint64_t)(magnitude + 0.5);
    const bool negative = value < 0 && rest > 0;
    char digits[DRIVE_NUMBER_TEXT];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    for (unsigned i = 0; i <= decimals || rest > 0; i++, rest /= 10) {
        if (decimals && i == decimals)
            *--at = '.';
        *--at = (char)('0' + rest % 10);
    }
    if (negative)
        *--at = '-';
    memcpy(out_text, at, (size_t)(digits + sizeof digits - at));
}

void drive_number_print_short(double value, char out_text[DRIVE_NUMBER_TEXT]) {
    drive_number_print(value, decimals_short, out_text);
    size_t length = strlen(out_text);
    while (out_text[length - 1] == '0')
        length--;
    if (out_text[length - 1] == '.')
        length--;
    out_text[length] = '\0';
}
