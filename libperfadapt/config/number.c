/* SPDX-License-Identifier: MIT */
#include "config/number.h"

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const double largest_printed = 1e18; /* with its decimals: below, an uint64_t holds it */

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

/*
 * Up to 15 digits and 22 places the power and the one operation are exact: so is the result, correctly rounded. Larger
 * powers go in steps of that size.
 */
static double scaled(double value, int exponent) {
    const int exact = 22;
    const int beyond_any_double = 400;
    const bool divides = exponent < 0;
    int rest = divides ? -exponent : exponent;
    rest = rest < beyond_any_double ? rest : beyond_any_double;
    while (rest > 0) {
        double power = 1;
        for (int i = 0; i < exact && rest > 0; i++, rest--)
            power *= 10;
        value = divides ? value / power : value * power;
    }
    return value;
}

bool perfadapt__number_parse(const char *text, double *out_value) {
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

void perfadapt__number_print(double value, unsigned decimals, char out_text[PERFADAPT__NUMBER_TEXT]) {
    double magnitude = value < 0 ? -value : value;
    for (unsigned i = 0; i < decimals; i++)
        magnitude *= 10;
    uint64_t rest = (uint64_t)((magnitude < largest_printed ? magnitude : largest_printed) + 0.5);
    const bool negative = value < 0 && rest > 0;
    char digits[PERFADAPT__NUMBER_TEXT];
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

void perfadapt__number_print_short(double value, unsigned decimals, char out_text[PERFADAPT__NUMBER_TEXT]) {
    perfadapt__number_print(value, decimals, out_text);
    size_t length = strlen(out_text);
    while (decimals && out_text[length - 1] == '0')
        length--;
    if (out_text[length - 1] == '.')
        length--;
    out_text[length] = '\0';
}
