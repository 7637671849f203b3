# SPDX-License-Identifier: MIT
# Whether this build has the io_uring engine, and if not, why.
set(io_uring_missing "")
if(IOCP_CORE_IO_URING STREQUAL "OFF")
    set(io_uring_missing "IOCP_CORE_IO_URING is OFF")
else()
    list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
    find_package(liburing 2.3 MODULE QUIET GLOBAL)
    if(NOT liburing_FOUND)
        set(io_uring_missing "no liburing 2.3 or newer: install liburing-dev")
    endif()
endif()
if(io_uring_missing AND IOCP_CORE_IO_URING STREQUAL "ON")
    message(FATAL_ERROR "IOCP_CORE_IO_URING is ON, but there is ${io_uring_missing}.")
endif()

if(io_uring_missing)
    set(IOCP_CORE_ENGINES "epoll (no io_uring: ${io_uring_missing})")
    target_sources(iocp_core PRIVATE io_uring/unavailable.cpp)
else()
    set(IOCP_CORE_ENGINES "io_uring (liburing ${liburing_VERSION}), epoll")
    target_sources(iocp_core PRIVATE
        io_uring/io_uring_engine.cpp
        io_uring/probe.cpp
        io_uring/provided_buffers.cpp
        io_uring/ring_entries.cpp)
    target_link_libraries(iocp_core PRIVATE liburing::liburing)
    set(IOCP_CORE_PC_REQUIRES_PRIVATE " liburing")
endif()
