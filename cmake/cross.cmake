# The toolchain of scripts/architectures: -DPIDNS_TARGET=aarch64 (i686, riscv64, ...) and -DPIDNS_LIBRARIES=DIRECTORY, in
# which the packages of the libraries for that architecture are unpacked. The compiler brings a C library of its own.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PIDNS_TARGET PIDNS_LIBRARIES)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${PIDNS_TARGET})
set(CMAKE_CXX_COMPILER ${PIDNS_TARGET}-linux-gnu-g++)

set(CMAKE_FIND_ROOT_PATH ${PIDNS_LIBRARIES})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind INCLUDE LIBRARY PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
file(GLOB directories ${PIDNS_LIBRARIES}/usr/lib/*-linux-gnu)
list(TRANSFORM directories PREPEND -L)
string(JOIN " " CMAKE_EXE_LINKER_FLAGS_INIT -static ${directories})
set(CMAKE_CXX_FLAGS_INIT "-isystem ${PIDNS_LIBRARIES}/usr/include")
