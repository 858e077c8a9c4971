# What the optional parts need, looked for once and named where it is missing. SPDX-License-Identifier: MIT
# The library itself needs libc and inih.

# Ends the configuration with the packages to install and the option that does without them.
function(perfadapt_missing option what debian fedora arch)
  message(FATAL_ERROR "${option}=ON needs ${what}, which was not found. Install it (Debian, Ubuntu: ${debian}; "
                      "Fedora: ${fedora}; Arch: ${arch}) or configure with -D${option}=OFF.")
endfunction()

find_package(PkgConfig QUIET)

if(PkgConfig_FOUND)
  pkg_check_modules(INIH QUIET IMPORTED_TARGET inih)
endif()
if(NOT INIH_FOUND)
  message(FATAL_ERROR "perfadapt needs pkg-config and inih, which were not found. Install them (Debian, Ubuntu: "
                      "pkg-config libinih-dev; Fedora: pkgconf inih-devel; Arch: pkgconf libinih).")
endif()

# AUTO: built where what it needs is there. libsensors came without a .pc file until 3.6.0.
set(PERFADAPT_PROBE_FOUND FALSE)
if(PERFADAPT_PROBE)
  find_path(SENSORS_INCLUDE_DIR sensors/sensors.h)
  find_library(SENSORS_LIBRARY sensors)
  mark_as_advanced(SENSORS_INCLUDE_DIR SENSORS_LIBRARY)
  pkg_check_modules(JANSSON QUIET IMPORTED_TARGET jansson)
  if(SENSORS_INCLUDE_DIR AND SENSORS_LIBRARY AND JANSSON_FOUND AND PERFADAPT_SENSORS)
    set(PERFADAPT_PROBE_FOUND TRUE)
  elseif(PERFADAPT_PROBE STREQUAL "AUTO")
    message(STATUS "perfadapt-probe is not built: it needs libsensors, Jansson and PERFADAPT_SENSORS=ON (Debian, "
                   "Ubuntu: libsensors-dev libjansson-dev; Fedora: lm_sensors-devel jansson-devel; Arch: lm_sensors "
                   "jansson)")
  else()
    perfadapt_missing(PERFADAPT_PROBE "libsensors and Jansson (and PERFADAPT_SENSORS=ON)"
                      "libsensors-dev libjansson-dev" "lm_sensors-devel jansson-devel" "lm_sensors jansson")
  endif()
endif()

# perfadapt-probe reads Vulkan's devices by the headers alone: the loader is looked for when it runs.
set(PERFADAPT_PROBE_VULKAN FALSE)
if(PERFADAPT_PROBE_FOUND AND PERFADAPT_VULKAN)
  find_path(PERFADAPT_VULKAN_INCLUDE_DIR vulkan/vulkan_core.h)
  mark_as_advanced(PERFADAPT_VULKAN_INCLUDE_DIR)
  if(PERFADAPT_VULKAN_INCLUDE_DIR)
    set(PERFADAPT_PROBE_VULKAN TRUE)
  else()
    message(STATUS "perfadapt-probe is built without Vulkan: it needs its headers (Debian, Ubuntu: libvulkan-dev; "
                   "Fedora: vulkan-headers; Arch: vulkan-headers)")
  endif()
endif()

if(PERFADAPT_TUI)
  set(CURSES_NEED_NCURSES TRUE)
  set(CURSES_NEED_WIDE TRUE)
  find_package(Curses QUIET)
  if(NOT CURSES_FOUND)
    perfadapt_missing(PERFADAPT_TUI "ncurses with wide characters" libncurses-dev ncurses-devel ncurses)
  endif()
endif()

if(PERFADAPT_TOOLS)
  pkg_check_modules(JANSSON QUIET IMPORTED_TARGET jansson)
  if(NOT JANSSON_FOUND)
    perfadapt_missing(PERFADAPT_TOOLS "jansson" libjansson-dev jansson-devel jansson)
  endif()
endif()

if(PERFADAPT_VULKAN AND PERFADAPT_EXAMPLES)
  find_package(Vulkan QUIET)
  if(NOT Vulkan_FOUND)
    perfadapt_missing(PERFADAPT_VULKAN "the Vulkan loader and headers" libvulkan-dev
                      "vulkan-loader-devel vulkan-headers" "vulkan-icd-loader vulkan-headers")
  endif()
  find_program(PERFADAPT_GLSLANG NAMES glslangValidator glslang)
  mark_as_advanced(PERFADAPT_GLSLANG)
  if(NOT PERFADAPT_GLSLANG)
    perfadapt_missing(PERFADAPT_VULKAN "glslangValidator" glslang-tools glslang glslang)
  endif()
  find_package(SDL2 QUIET)
  if(NOT SDL2_FOUND)
    message(STATUS "SDL2 was not found: the Vulkan example will have no window, only offscreen drawing "
                   "(Debian, Ubuntu: libsdl2-dev; Fedora: SDL2-devel; Arch: sdl2)")
  endif()
endif()

if(PERFADAPT_TESTS)
  if(PkgConfig_FOUND)
    pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
  endif()
  if(NOT CMOCKA_FOUND)
    perfadapt_missing(PERFADAPT_TESTS "pkg-config and cmocka" "pkg-config libcmocka-dev" "pkgconf libcmocka-devel"
                      "pkgconf cmocka")
  endif()
  pkg_check_modules(FUSE3 QUIET IMPORTED_TARGET fuse3)
  if(NOT FUSE3_FOUND)
    message(STATUS "libfuse 3 was not found: the test of files that fail and hang is left out "
                   "(Debian, Ubuntu: libfuse3-dev fuse3; Fedora: fuse3-devel fuse3; Arch: fuse3)")
  endif()
endif()

if(PERFADAPT_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "PERFADAPT_FUZZ=ON needs clang (CC=clang): the targets use its libFuzzer.")
  endif()
  if(NOT PERFADAPT_SANITIZE MATCHES "address")
    message(FATAL_ERROR "PERFADAPT_FUZZ=ON needs PERFADAPT_SANITIZE=address,undefined: without it nothing is found.")
  endif()
endif()
