// What makes a GPU draw the power that it may: multiplications in chains that do not wait for one another, of numbers
// that never settle (bits that stay as they are cost little), beside a stream of memory. SPDX-License-Identifier: MIT
#version 450

layout(local_size_x = 256) in;
layout(std430, set = 0, binding = 0) buffer Stream {
    vec4 stream[];
};
layout(push_constant) uniform Work {
    uint iterations; // 0: fill the stream
    uint invocations; // no more than the stream is long
};

const uint CHAINS = 8;
const uint STEPS = 16; // of every chain, for one read of 16 bytes: more of that heats the memory more than the die

float noise(uint x) { // -1 to 1
    x = (x ^ 61u) ^ (x >> 16);
    x *= 9u;
    x = (x ^ (x >> 4)) * 0x27d4eb2du;
    return float(x ^ (x >> 15)) / 2147483648.0 - 1.0;
}

void fill() {
    for (uint at = gl_GlobalInvocationID.x; at < stream.length(); at += invocations)
        stream[at] = vec4(noise(4u * at), noise(4u * at + 1u), noise(4u * at + 2u), noise(4u * at + 3u));
}

void work() {
    const uint length = uint(stream.length());
    const vec4 rate = vec4(-1.91, -1.93, -1.95, -1.97);
    uint at = gl_GlobalInvocationID.x % length;
    vec4 sum = vec4(0);
    vec4 chain[CHAINS];
    for (uint k = 0; k < CHAINS; k++)
        chain[k] = vec4(noise(at + k), noise(at + 8u + k), noise(at + 16u + k), noise(at + 24u + k));
    for (uint i = 0; i < iterations; i++) {
        const vec4 read = stream[at];
        // The logistic map 1 - rate x²: stays within -1 … 1 and never comes to rest.
        for (uint n = 0; n < STEPS; n++)
            for (uint k = 0; k < CHAINS; k++)
                chain[k] = fma(chain[k] * rate, chain[k], vec4(1));
        sum += read;
        at += invocations; // what nobody has read yet, so that no cache has it
        at -= at >= length ? length : 0u;
    }
    for (uint k = 0; k < CHAINS; k++)
        sum += chain[k];
    // Never true, which the compiler cannot know.
    if (dot(sum, vec4(1)) == 0.123456)
        stream[0] = sum;
}

void main() {
    if (iterations == 0)
        fill();
    else
        work();
}
