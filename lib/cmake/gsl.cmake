# SPDX-License-Identifier: MIT
# Microsoft.GSL::GSL, which only the library's own sources use: as a package, as bare headers, or downloaded.
find_package(Microsoft.GSL CONFIG QUIET GLOBAL)
if(Microsoft.GSL_FOUND)
    set(IOCP_CORE_GSL_FROM "${Microsoft.GSL_VERSION}, installed")
    return()
endif()

# A cross build may use the headers of the building machine, as they contain no code for one system. They are reached
# through a folder of their own, because their neighbours do.
find_path(IOCP_CORE_GSL_INCLUDE_DIR gsl/assert NO_CMAKE_FIND_ROOT_PATH)
if(IOCP_CORE_GSL_INCLUDE_DIR)
    set(IOCP_CORE_GSL_FROM "headers in ${IOCP_CORE_GSL_INCLUDE_DIR}")
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/gsl)
    file(CREATE_LINK ${IOCP_CORE_GSL_INCLUDE_DIR}/gsl ${PROJECT_BINARY_DIR}/gsl/gsl COPY_ON_ERROR SYMBOLIC)
    add_library(Microsoft.GSL::GSL INTERFACE IMPORTED GLOBAL)
    target_include_directories(Microsoft.GSL::GSL SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/gsl)
elseif(IOCP_CORE_FETCH_DEPENDENCIES)
    set(IOCP_CORE_GSL_FROM "4.0.0, downloaded")
    include(FetchContent)
    FetchContent_Declare(gsl
        GIT_REPOSITORY https://github.com/microsoft/GSL.git
        GIT_TAG a3534567187d2edc428efd3f13466ff75fe5805c # v4.0.0
        SYSTEM)
    FetchContent_MakeAvailable(gsl)
else()
    message(FATAL_ERROR "iocp_core needs the headers of Microsoft GSL: install libmsgsl-dev (Debian, Ubuntu), "
        "guidelines-support-library-devel (Fedora) or ms-gsl (vcpkg, Conan), or set IOCP_CORE_FETCH_DEPENDENCIES=ON.")
endif()
