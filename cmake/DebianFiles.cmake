# Run by CPack on the files of a Debian package before it is packed, to make them as Debian wants them: Debian Policy
# 10.9 (permissions), 12.1 (manual pages), 12.5 (copyright), 12.7 (changelog). CPack runs it for other packages too.
if(NOT CPACK_GENERATOR STREQUAL DEB)
  return()
endif()
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
file(RENAME ${share}/doc/pidns/LICENSE ${share}/doc/pidns/copyright)
file(RENAME ${share}/doc/pidns/CHANGELOG.md ${share}/doc/pidns/changelog)
# zsh looks for those of packages elsewhere.
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
# -n: without the time, so that the same sources give the same file.
execute_process(COMMAND gzip -9n ${share}/doc/pidns/changelog ${share}/man/man1/pidns.1 COMMAND_ERROR_IS_FATAL ANY)
# CPack makes its directories with the umask it finds.
file(CHMOD_RECURSE ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
