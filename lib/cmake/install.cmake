# SPDX-License-Identifier: MIT
# What `cmake --install` installs: the library, its headers, a CMake package and a pkg-config file, all of which may be moved.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(IOCP_CORE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/iocp_core)
get_target_property(IOCP_CORE_TYPE iocp_core TYPE)
set(IOCP_CORE_NEEDS_LIBURING OFF)
if(liburing_FOUND AND IOCP_CORE_TYPE STREQUAL "STATIC_LIBRARY")
    set(IOCP_CORE_NEEDS_LIBURING ON)
endif()
file(RELATIVE_PATH IOCP_CORE_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" IOCP_CORE_PREFIX_FROM_PC "${IOCP_CORE_PREFIX_FROM_PC}")

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/iocp_core-config.cmake.in iocp_core-config.cmake
    INSTALL_DESTINATION ${IOCP_CORE_PACKAGE_DIR})
write_basic_package_version_file(iocp_core-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_CURRENT_LIST_DIR}/iocp_core.pc.in iocp_core.pc @ONLY)

install(TARGETS iocp_core EXPORT iocp_core-targets FILE_SET HEADERS)
install(EXPORT iocp_core-targets NAMESPACE iocp_core:: DESTINATION ${IOCP_CORE_PACKAGE_DIR})
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/iocp_core-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/iocp_core-config-version.cmake
    ${CMAKE_CURRENT_LIST_DIR}/Findliburing.cmake
    DESTINATION ${IOCP_CORE_PACKAGE_DIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/iocp_core.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
