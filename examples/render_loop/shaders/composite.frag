#version 450
// Upscales the scene, adds its glow and maps it to what a display shows. SPDX-License-Identifier: MIT

layout(location = 0) in vec2 in_uv;
layout(location = 0) out vec4 out_color;

layout(set = 0, binding = 0) uniform sampler2D scene;
layout(set = 0, binding = 1) uniform sampler2D glow;

layout(push_constant) uniform Constants {
    vec2 first_used;
    vec2 second_used;
    vec2 direction;
    float seconds;
    int iterations;
} constants;

vec3 used_part(sampler2D source, vec2 used)
{
    vec2 half_texel = 0.5 / vec2(textureSize(source, 0));
    return texture(source, clamp(in_uv * used, half_texel, used - half_texel)).rgb;
}

void main()
{
    vec3 color = used_part(scene, constants.first_used) + 0.7 * used_part(glow, constants.second_used);
    color = clamp(color * (2.51 * color + 0.03) / (color * (2.43 * color + 0.59) + 0.14), 0.0, 1.0);
    out_color = vec4(pow(color, vec3(1.0 / 2.2)), 1.0);
}
