// Where a take's file is found; undefined when the take has none of that role.

export function fileOf(take, role) {
  const name = take.files[role];
  return name && ["/takes", take.id, ...name.split("/")].map((part, at) => (at ? encodeURIComponent(part) : part)).join("/");
}
