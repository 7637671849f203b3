# SPDX-License-Identifier: MIT
# The warnings that all code of this project compiles without; presets make them errors.
function(iocp_core_add_warnings target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4 /permissive- /Zc:__cplusplus /utf-8 /EHsc)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast)
    endif()
endfunction()
