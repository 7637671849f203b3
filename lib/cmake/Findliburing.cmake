# SPDX-License-Identifier: MIT
# liburing::liburing. Used by this build, and by the installed package where the library is static.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(LIBURING_PKG QUIET liburing)
endif()
find_path(LIBURING_INCLUDE_DIR liburing.h HINTS ${LIBURING_PKG_INCLUDE_DIRS})
find_library(LIBURING_LIBRARY uring HINTS ${LIBURING_PKG_LIBRARY_DIRS})
mark_as_advanced(LIBURING_INCLUDE_DIR LIBURING_LIBRARY)

# liburing 2.3 brought the look at completions without a wait. It has no header that tells its version.
set(liburing_VERSION ${LIBURING_PKG_VERSION})
if(LIBURING_INCLUDE_DIR AND NOT liburing_VERSION)
    set(liburing_VERSION 0)
    file(STRINGS ${LIBURING_INCLUDE_DIR}/liburing.h liburing_has_2_3 REGEX "io_uring_submit_and_get_events" LIMIT_COUNT 1)
    if(liburing_has_2_3)
        set(liburing_VERSION 2.3)
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(liburing
    REQUIRED_VARS LIBURING_LIBRARY LIBURING_INCLUDE_DIR
    VERSION_VAR liburing_VERSION)

if(liburing_FOUND AND NOT TARGET liburing::liburing)
    add_library(liburing::liburing UNKNOWN IMPORTED)
    set_target_properties(liburing::liburing PROPERTIES
        IMPORTED_LOCATION ${LIBURING_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${LIBURING_INCLUDE_DIR})
endif()
