// Package schema describes tables: their keys, attributes, indexes, capacity and settings, without any data.
//
// A [Definition] is what CreateTable is asked for, a [Table] is what a table is and what a backup records of it, and
// a [Description] is a Table with what is true of it only at the moment: its status, its protection, the restore
// that is filling it.
//
// All types are plain data. A value returned by another package of this module is the caller's own, unless that
// package says that it is shared; [Table.Clone] makes a deep copy of one.
package schema
