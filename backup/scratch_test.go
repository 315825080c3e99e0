package backup_test
import ("testing";"sync";"time";"github.com/tidemark-db/tidemark/backup")
func TestScratchDeadlock(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	done := make(chan bool)
	go func(){
	var g sync.WaitGroup
	for range 8 { g.Go(func(){ for range 500 { w.Backups.CreateBackup(ctx, backup.CreateInput{TableName:"Music",BackupName:"snap"}) } }) }
	for range 2 { g.Go(func(){ for range 100 { w.Backups.ListBackups(ctx, backup.ListInput{}) } }) }
	g.Wait(); close(done)
	}()
	select { case <-done: case <-time.After(20*time.Second): t.Fatal("deadlock") }
}
