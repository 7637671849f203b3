# SPDX-License-Identifier: MIT
# GTest::gtest_main: installed, from its sources as Debian's package googletest leaves them, or downloaded.
if(NOT CMAKE_CROSSCOMPILING)
    find_package(GTest 1.12 QUIET)
endif()
if(GTest_FOUND)
    set(IOCP_CORE_GOOGLETEST_FROM "${GTest_VERSION}, installed" PARENT_SCOPE)
    return()
endif()

set(BUILD_GMOCK OFF)
set(INSTALL_GTEST OFF)
set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
set(gtest_force_shared_crt ON)
if(EXISTS /usr/src/googletest/CMakeLists.txt)
    set(IOCP_CORE_GOOGLETEST_FROM "built from /usr/src/googletest" PARENT_SCOPE)
    add_subdirectory(/usr/src/googletest googletest EXCLUDE_FROM_ALL SYSTEM)
elseif(IOCP_CORE_FETCH_DEPENDENCIES)
    set(IOCP_CORE_GOOGLETEST_FROM "1.16.0, downloaded" PARENT_SCOPE)
    include(FetchContent)
    FetchContent_Declare(googletest
        GIT_REPOSITORY https://github.com/google/googletest.git
        GIT_TAG 6910c9d9165801d8827d628cb72eb7ea9dd538c5 # v1.16.0
        SYSTEM)
    FetchContent_MakeAvailable(googletest)
else()
    message(FATAL_ERROR "The tests need GoogleTest: install libgtest-dev (Debian, Ubuntu), for a cross build googletest, or set "
        "IOCP_CORE_FETCH_DEPENDENCIES=ON, or leave the tests out with IOCP_CORE_BUILD_TESTS=OFF.")
endif()
unset(CMAKE_COMPILE_WARNING_AS_ERROR)
