package zz
import ("testing";"fmt";"os";"syscall";"calipso.io/calipso/pkg/store";"calipso.io/calipso/pkg/store/sqlite";"calipso.io/calipso/pkg/model";"strings")
func cpu() float64 { var r syscall.Rusage; syscall.Getrusage(0,&r); return float64(r.Utime.Nano()+r.Stime.Nano())/1e9 }
func TestX(t *testing.T){
 d,err:=sqlite.Open(t.Context(), t.TempDir()+"/x.db"); if err!=nil{t.Fatal(err)}; defer d.Close()
 spec := store.Spec{Name: "inventory",
		Fields: []store.Field{store.Environment, store.Type, store.ID, store.Name, store.ParentID, store.Host},
		Indexes: [][]store.Field{{store.Environment, store.Type, store.ID}, {store.Environment, store.ParentID},
			{store.Environment, store.Host}}}
 d.Open(t.Context(),spec)
 mk:=func(i int) store.Record { id:=model.DBID(fmt.Sprint(i)); return store.Record{ID:id,Generation:1,Doc:[]byte(`{"x":"`+strings.Repeat("y",1000)+`"}`),Fields:map[store.Field]string{store.Environment:"env",store.Type:fmt.Sprint("t",i%10),store.ID:fmt.Sprint("id-",i),store.Name:fmt.Sprint("n",i),store.ParentID:fmt.Sprint("p",i/20),store.Host:fmt.Sprint("h",i%100)}} }
 for round:=0;round<2;round++ { for part:=0;part<4;part++ {
  var all [][]store.Record
  for b:=0;b<25;b++ { var rs []store.Record; for i:=0;i<1000;i++ { rs=append(rs,mk(part*25000+b*1000+i)) }; all=append(all,rs) }
  c:=cpu(); for _,rs:=range all { if _,err:=d.Put(t.Context(),spec,rs); err!=nil {t.Fatal(err)} }
  fmt.Fprintf(os.Stderr,"round %d part %d: %.0f docs per cpu second\n",round,part,25000/(cpu()-c))
 }}
 c:=cpu(); n:=0; d.Find(t.Context(),spec,store.Query{},func(store.Record) error{n++;return nil}); fmt.Fprintf(os.Stderr,"find all %d: %.0f/cpu s\n",n,float64(n)/(cpu()-c))
 c=cpu(); n=0; d.Find(t.Context(),spec,store.Where(store.Is(store.Environment,"env")),func(store.Record) error{n++;return nil}); fmt.Fprintf(os.Stderr,"find env %d: %.0f/cpu s\n",n,float64(n)/(cpu()-c))
 c=cpu(); n=0; d.Find(t.Context(),spec,store.Where(store.Is(store.Environment,"env"),store.Is(store.Type,"t1")),func(store.Record) error{n++;return nil}); fmt.Fprintf(os.Stderr,"find type %d: %.0f/cpu s\n",n,float64(n)/(cpu()-c))
 c=cpu(); nn,_:=d.Delete(t.Context(),spec,store.Where(store.Is(store.Environment,"env"),store.Older(1))); fmt.Fprintf(os.Stderr,"sweep nothing %d: %.3f s\n",nn,(cpu()-c))
}
