# SPDX-License-Identifier: MIT
# cmake -D build=... -D config=... -D installed=... -D moved=... -P install.cmake
file(REMOVE_RECURSE ${installed} ${moved})
execute_process(
    COMMAND ${CMAKE_COMMAND} --install ${build} --config ${config} --prefix ${installed}
    COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${installed} ${moved})
