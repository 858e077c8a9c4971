# What every target of this project is compiled with. SPDX-License-Identifier: MIT

find_package(Threads REQUIRED)

# C11, warnings, sanitizers. PRIVATE throughout: nothing of it reaches those who link the library.
function(perfadapt_target_defaults target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(PERFADAPT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(PERFADAPT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${PERFADAPT_SANITIZE} -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${PERFADAPT_SANITIZE})
  endif()
endfunction()
