// Multiplications and additions in chains that do not wait for one another, beside a stream of memory: what makes a GPU
// draw the power that it may. SPDX-License-Identifier: MIT
#version 450

layout(local_size_x = 256) in;
layout(std430, set = 0, binding = 0) buffer Result {
    vec4 result[];
};
layout(push_constant) uniform Work {
    uint iterations;
};

const uint CHAINS = 8;

void main() {
    const uint length = uint(result.length());
    uint at = gl_GlobalInvocationID.x % length;
    vec4 chain[CHAINS];
    for (uint k = 0; k < CHAINS; k++)
        chain[k] = vec4(gl_GlobalInvocationID.x, k, 1, 2) * 1e-6;
    for (uint i = 0; i < iterations; i++) {
        const vec4 loaded = result[at];
        for (uint n = 0; n < 4; n++)
            for (uint k = 0; k < CHAINS; k++)
                chain[k] = fma(chain[k], vec4(0.501, 0.502, 0.503, 0.504), vec4(0.1, 0.2, 0.3, 0.4));
        chain[0] += loaded;
        at = (at + 256 * 1031) % length;
    }
    vec4 sum = vec4(0);
    for (uint k = 0; k < CHAINS; k++)
        sum += chain[k];
    // Never true, which the compiler cannot know.
    if (dot(sum, vec4(1)) == 0.123456)
        result[0] = sum;
}
