#version 450
// Marches a ray through a glowing cloud: cost is linear in the iterations. SPDX-License-Identifier: MIT

layout(location = 0) in vec2 in_uv;
layout(location = 0) out vec4 out_color;

layout(push_constant) uniform Constants {
    vec2 first_used;  // of the axes of the first source: how much the pass before has drawn
    vec2 second_used; // likewise of the second source
    vec2 direction;   // blur: one step, in the first source's coordinates; scene: half the view's width and height
    float seconds;
    int iterations;
} constants;

float density(vec3 position)
{
    float large = dot(sin(position), cos(position.zxy));
    vec3 fine = position * 3.1 + constants.seconds * 0.3;
    return max(0.0, large + 0.4 * dot(sin(fine.yzx), cos(fine)) - 0.55);
}

void main()
{
    vec3 ray = normalize(vec3((in_uv * 2.0 - 1.0) * constants.direction, 1.2));
    vec3 origin = vec3(0.3 * sin(constants.seconds * 0.4), 0.2, constants.seconds * 0.8);
    float stride = 9.0 / float(constants.iterations);
    float transmittance = 1.0;
    vec3 light = vec3(0.0);
    // No early end: the load generator's cost must not depend on the picture.
    for (int i = 0; i < constants.iterations; ++i) {
        float depth = (float(i) + 0.5) * stride;
        float thickness = density(origin + ray * depth) * stride;
        vec3 glow = mix(vec3(2.4, 0.9, 0.3), vec3(0.15, 0.5, 1.6), depth / 9.0);
        light += transmittance * thickness * glow;
        transmittance *= 1.0 / (1.0 + 0.9 * thickness);
    }
    out_color = vec4(0.22 * light * light + transmittance * vec3(0.01, 0.015, 0.03), 1.0);
}
