// Multiplications and additions, and nothing else. SPDX-License-Identifier: MIT
#version 450

layout(local_size_x = 256) in;
layout(std430, set = 0, binding = 0) buffer Result {
    vec4 result[];
};
layout(push_constant) uniform Work {
    uint iterations;
};

void main() {
    vec4 a = vec4(gl_GlobalInvocationID.x) * 1e-6;
    vec4 b = a + 0.1;
    vec4 c = a + 0.2;
    vec4 d = a + 0.3;
    for (uint i = 0; i < iterations; i++) {
        a = fma(a, vec4(0.999), b);
        b = fma(b, vec4(0.998), c);
        c = fma(c, vec4(0.997), d);
        d = fma(d, vec4(0.996), a);
        a = fma(a, vec4(0.501), b);
        b = fma(b, vec4(0.502), c);
        c = fma(c, vec4(0.503), d);
        d = fma(d, vec4(0.504), a);
    }
    // Never true, which the compiler cannot know.
    if (dot(a + b, c + d) == 0.123456)
        result[0] = a;
}
