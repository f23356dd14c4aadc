# skerry_grpc: gRPC for C++ with all it needs, linked statically as every third
# party is. Debian's CMake package knows the shared libraries only; pkg-config
# knows the names of the static ones.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GRPC REQUIRED grpc++)

set(grpc_libraries)
foreach(name protobuf ${GRPC_STATIC_LIBRARIES})
  find_library(GRPC_LIBRARY_${name} NAMES ${name})
  if(GRPC_LIBRARY_${name} MATCHES "\\.a$")
    list(APPEND grpc_libraries ${GRPC_LIBRARY_${name}})
  else()
    list(APPEND grpc_libraries ${name})  # the C library's own
  endif()
endforeach()
list(REMOVE_DUPLICATES grpc_libraries)

add_library(skerry_grpc INTERFACE)
target_link_libraries(skerry_grpc INTERFACE ${grpc_libraries} Threads::Threads)
