# Run by CPack on the files of a Debian package before it is packed, to make them as Debian wants them: Debian Policy
# 10.9 (permissions), 12.1 (manual pages), 12.5 (copyright), 12.7 (changelogs). CPack runs it for other packages too.
if(NOT CPACK_GENERATOR STREQUAL DEB)
  return()
endif()
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
file(RENAME ${share}/doc/pidns/LICENSE ${share}/doc/pidns/copyright)
file(RENAME ${share}/doc/pidns/CHANGELOG.md ${share}/doc/pidns/changelog)
# zsh looks for those of packages elsewhere.
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
# Debian's change log is about the package, not the program. TIMESTAMP heeds SOURCE_DATE_EPOCH.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${share}/doc/pidns/changelog.Debian "\
${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Made by CPack from this version, whose changes are in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
# What lintian is to be silent about. A static program is on purpose: it runs on every Linux of its architecture.
set(overrides "pidns: initial-upload-closes-no-bugs *\n")  # it is not uploaded to Debian
if(NOT CPACK_DEBIAN_PACKAGE_SHLIBDEPS)
  string(APPEND overrides "pidns: statically-linked-binary [usr/bin/pidns]\n")
endif()
file(WRITE ${share}/lintian/overrides/pidns ${overrides})
# -n: without the time, so that the same sources give the same file.
execute_process(COMMAND gzip -9n ${share}/doc/pidns/changelog ${share}/doc/pidns/changelog.Debian
  ${share}/man/man1/pidns.1 COMMAND_ERROR_IS_FATAL ANY)
# The directories of CPack and the files of this script have the modes that the umask leaves.
file(CHMOD_RECURSE ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
file(GLOB written ${share}/doc/pidns/changelog.Debian.gz ${share}/lintian/overrides/pidns)
file(CHMOD ${written} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
