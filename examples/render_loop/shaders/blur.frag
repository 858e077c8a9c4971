#version 450
// One direction of a Gaussian blur of what is bright. SPDX-License-Identifier: MIT

layout(location = 0) in vec2 in_uv;
layout(location = 0) out vec4 out_color;

layout(set = 0, binding = 0) uniform sampler2D source;

layout(push_constant) uniform Constants {
    vec2 first_used;
    vec2 second_used;
    vec2 direction;
    float seconds;
    int iterations; // 1: the source is the scene and is cut down to what is bright
} constants;

const float weights[5] = float[](0.227027, 0.1945946, 0.1216216, 0.054054, 0.016216);

vec3 source_at(vec2 position)
{
    vec2 half_texel = 0.5 / vec2(textureSize(source, 0));
    vec3 color = texture(source, clamp(position, half_texel, constants.first_used - half_texel)).rgb;
    return constants.iterations == 1 ? max(color - 0.8, 0.0) : color;
}

void main()
{
    vec2 center = in_uv * constants.first_used;
    vec3 sum = source_at(center) * weights[0];
    for (int i = 1; i < 5; ++i) {
        vec2 offset = constants.direction * float(i);
        sum += (source_at(center + offset) + source_at(center - offset)) * weights[i];
    }
    out_color = vec4(sum, 1.0);
}
